// INFO: what the server tells about itself, section by section, with Redis's field names.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "aof/log.h"
#include "commands/services.h"
#include "net/event_loop_pool.h"
#include "net/session_limits.h"
#include "server/config_store.h"
#include "server/loader.h"
#include "server/persistence.h"
#include "server/rates.h"
#include "server/reclaimer.h"
#include "store/shard_lock.h"

namespace duplex::server {

// Thread: any.
class ServerInfo {
 public:
  // Where the values come from; all outlive the ServerInfo.
  struct Sources {
    ConfigStore& config;
    commands::Services& services;
    const Persistence& persistence;
    const std::atomic<aof::Log*>& log;
    net::EventLoopPool& pool;
    const net::SessionLimits& limits;
    const Reclaimer& reclaimer;
    const LoadProgress& progress;
    const Rates& rates;
    std::string run_id;
    std::int64_t started_ms;
    std::uint64_t bytes_at_start;  // of memory
  };

  explicit ServerInfo(Sources sources) : from_(std::move(sources)) {}

  // The named sections in INFO's order; without names, or for "default", the default ones; for
  // "all" all but keysizes, which visits every key; for "everything", all.
  // `lock` holds all shards or none.
  std::string text(std::span<const std::string_view> sections, store::ShardLock& lock) const;

  commands::MemoryUse memory_use() const;
  const Sources& sources() const { return from_; }
  // Commands over all loops.
  std::uint64_t commands_processed() const;

  // The text that grows, and the way to the data it tells about.
  struct Report {
    std::string text;
    store::ShardLock& lock;
  };

 private:
  void server(Report& out) const;
  void clients(Report& out) const;
  void memory(Report& out) const;
  void persistence(Report& out) const;
  void stats(Report& out) const;
  void replication(Report& out) const;
  void cpu(Report& out) const;
  void modules(Report& out) const;
  void command_statistics(Report& out) const;
  void error_statistics(Report& out) const;
  void latency_statistics(Report& out) const;
  void cluster(Report& out) const;
  void keyspace(Report& out) const;
  void key_sizes(Report& out) const;

  std::uint64_t sum(commands::Counter commands::LoopStatistics::*counter) const;

  Sources from_;
};

}  // namespace duplex::server
