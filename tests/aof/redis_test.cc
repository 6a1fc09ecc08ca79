// Both directions with the redis-server of the system: it starts from our directory, we from its.
#include "aof/log.h"
#include "aof/log_bytes.h"
#include "aof/recovery.h"
#include "support/redis_process.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace duplex::aof {
namespace {

using test::Args;
using test::output_of;
using test::RedisProcess;

const std::vector<std::string> redis_options = {
    "--appendonly", "yes", "--save", "", "--aof-timestamp-enabled", "yes"};

class WithRedis : public testing::Test {
 protected:
  // Opens the log of the folder, loading what is there into `records`.
  std::unique_ptr<Log> open() {
    records.clear();
    RecoveryOptions options;
    options.directory = folder.path().string();
    auto recovered = recover(
        options,
        {.on_rdb = [this](std::string_view,
                          std::string_view bytes) -> std::expected<std::size_t, std::string> {
           rdb_bytes = bytes.size();
           return bytes.size();
         },
         .on_record =
             [this](std::span<const std::string_view> args) -> std::expected<void, std::string> {
           records.emplace_back(args.begin(), args.end());
           return {};
         }});
    EXPECT_TRUE(recovered) << recovered.error();
    if (!recovered) return nullptr;
    if (recovered->position.store_id.empty()) recovered->position.store_id = test::store_id;
    position = recovered->position;
    directory = PosixDirectory::open((folder.path() / "appendonlydir").string()).value();
    auto log = Log::open(*directory, {}, std::move(recovered->manifest), position);
    EXPECT_TRUE(log) << log.error();
    return std::move(*log);
  }

  static Lsn append(Log& log, int db, std::initializer_list<std::string_view> args) {
    return log.append(db, std::span(args.begin(), args.size()));
  }

  test::TemporaryFolder folder;
  std::unique_ptr<PosixDirectory> directory;
  std::vector<Args> records;
  std::size_t rdb_bytes = 0;
  StreamPosition position;
};

TEST_F(WithRedis, StartsFromOurDirectory) {
  {
    auto log = open();
    log->commit(append(*log, 0, {"SET", "a", "1"}));
    append(*log, 3, {"SET", "b", "#DX \r\n"});
    LogUnit unit;
    const std::string_view first[] = {"INCRBY", "a", "5"};
    const std::string_view second[] = {"SET", "c", "2", "PXAT", "4102444800000"};
    unit.add(0, first);
    unit.add(0, second);
    log->commit(log->append(unit));
    ASSERT_TRUE(log->start_increment());
    log->commit(append(*log, 3, {"APPEND", "b", "more"}));
    ASSERT_TRUE(log->prepare_increment());
  }

  const std::string check = output_of(
      "redis-check-aof " + (folder.path() / "appendonlydir/appendonly.aof.manifest").string());
  EXPECT_NE(check.find("All AOF files and manifest are valid"), std::string::npos) << check;
  RedisProcess redis(folder.path(), redis_options);
  EXPECT_EQ(redis.cli("GET a"), "6\n");
  EXPECT_EQ(redis.cli("PEXPIRETIME c"), "4102444800000\n");
  EXPECT_EQ(redis.cli("-n 3 GET b"), "#DX \r\nmore\n");
}

TEST_F(WithRedis, GivesUsItsDirectory) {
  {
    RedisProcess redis(folder.path(), redis_options);
    EXPECT_EQ(redis.cli("SET base 1"), "OK\n");
    EXPECT_EQ(redis.cli("BGREWRITEAOF").substr(0, 10), "Background");
    for (int i = 0; i < 100; ++i)
      if (redis.cli("INFO persistence").find("aof_rewrite_in_progress:0") != std::string::npos)
        break;
    EXPECT_EQ(redis.cli("-n 2 SET increment 1"), "OK\n");
  }

  auto log = open();

  ASSERT_NE(log, nullptr);
  EXPECT_GT(rdb_bytes, 9u);
  ASSERT_GE(records.size(), 2u);
  EXPECT_EQ(records.back(), (Args{"SET", "increment", "1"}));
}

TEST_F(WithRedis, TakesTurnsInOneDirectory) {
  for (int turn = 0; turn < 3; ++turn) {
    SCOPED_TRACE(turn);
    {
      auto log = open();
      ASSERT_NE(log, nullptr);
      log->commit(append(*log, 1, {"INCR", "turns"}));
      EXPECT_EQ(log->start().offset, position.offset);
    }
    RedisProcess redis(folder.path(), redis_options);
    EXPECT_EQ(redis.cli("-n 1 INCR turns"), std::to_string(2 * turn + 2) + "\n");
  }
  auto log = open();
  EXPECT_EQ(position.store_id, test::store_id);
  std::uint64_t bytes = 0;
  for (const Args& args : records) {
    base::Buffer encoded;
    const std::vector<std::string_view> views(args.begin(), args.end());
    append_record(encoded, views);
    bytes += encoded.size();
  }
  EXPECT_EQ(position.offset, bytes);
}

}  // namespace
}  // namespace duplex::aof
