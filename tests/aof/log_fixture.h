// A Log on a disk in memory whose faults the test controls.
#pragma once

#include "aof/log.h"
#include "aof/log_bytes.h"
#include "support/faulty_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace duplex::test {

class LogFixture : public testing::Test {
 protected:
  // Opens the log with the files that are there.
  void open(aof::FsyncPolicy policy, const aof::StreamPosition& position = {store_id, 1, 0}) {
    log.reset();
    options.fsync = policy;
    options.retry_interval = std::chrono::milliseconds(5);
    options.on_progress = [this](aof::Lsn, aof::Lsn durable) {
      reported_durable = durable;
      ++reports;
    };
    aof::Manifest manifest;
    if (directory.has("appendonly.aof.manifest"))
      manifest = aof::Manifest::parse(directory.bytes("appendonly.aof.manifest")).value();
    auto opened = aof::Log::open(directory, options, std::move(manifest), position);
    ASSERT_TRUE(opened) << opened.error();
    log = std::move(*opened);
  }

  aof::Lsn append(int db, std::initializer_list<std::string_view> args) {
    return log->append(db, std::span(args.begin(), args.size()));
  }
  static void add(aof::LogUnit& unit, int db, std::initializer_list<std::string_view> args) {
    unit.add(db, std::span(args.begin(), args.size()));
  }

  static std::string increment(std::uint64_t sequence) {
    return "appendonly.aof." + std::to_string(sequence) + ".incr.aof";
  }
  std::vector<Args> records_of(std::uint64_t sequence) {
    return read_all(directory.bytes(increment(sequence))).records;
  }

  // Fails the test when it takes unreasonably long.
  template <typename Condition>
  void wait_until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void wait_for_durable(aof::Lsn lsn) {
    wait_until([&] { return log->durable() >= lsn; });
  }
  void wait_for_health() {
    wait_until([&] { return !log->failed(); });
  }

  Faults faults;
  FaultyDirectory directory{faults};
  aof::LogOptions options;
  std::atomic<aof::Lsn> reported_durable = 0;
  std::atomic<int> reports = 0;
  std::unique_ptr<aof::Log> log;
};

}  // namespace duplex::test
