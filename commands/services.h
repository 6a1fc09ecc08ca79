// The shared collaborators of all commands: references and switches, no logic.
#pragma once

#include "commands/acl.h"
#include "commands/blocking.h"
#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "commands/effects.h"
#include "commands/eviction.h"
#include "commands/persistence_control.h"
#include "commands/statistics.h"
#include "commands/tracking.h"
#include "commands/watchers.h"
#include "pubsub/hub.h"
#include "store/keyspace.h"
#include "store/shard_lock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

class ChannelHistory;
class LiveKeys;
class Migration;
class Observation;
class ScriptHost;

// What CONFIG needs from the configuration. Thread: any.
class ConfigAccess {
 public:
  virtual ~ConfigAccess() = default;
  // All directives whose name matches one of the globs, each once, with their values.
  virtual std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> globs) const = 0;
  // Sets all or none; those that are protected only if `may_set_protected`. Returns the error
  // reply, or nothing.
  virtual std::optional<std::string> set(
      std::span<const std::pair<std::string_view, std::string_view>> changes,
      bool may_set_protected) = 0;
  // Writes the file. Returns the error reply, or nothing.
  virtual std::optional<std::string> rewrite() = 0;
  // Whether the value of this directive is a secret.
  virtual bool is_sensitive(std::string_view name) const = 0;
};

// The memory of the process, in bytes.
struct MemoryUse {
  std::uint64_t allocated = 0;  // by this program, as the allocator rounds it
  std::uint64_t peak = 0;       // the most of that
  std::uint64_t at_start = 0;   // of that, before there was any data
  std::uint64_t resident = 0;   // in physical memory
  std::uint64_t log_buffer = 0;
};

enum class ShutdownMode : std::uint8_t { normal, nosave, save };

// What commands may ask of the server as a whole. Thread: any.
class ServerControl {
 public:
  virtual ~ServerControl() = default;
  // The text of INFO for the named sections; none: the default ones. `lock` holds all shards or
  // none.
  virtual std::string info(std::span<const std::string_view> sections, store::ShardLock& lock) = 0;
  virtual MemoryUse memory() = 0;
  // Begins to stop the server, after a snapshot if one is wanted; connections end when it is done.
  // Returns the error reply if the snapshot failed; with `force` that is no reason to go on.
  virtual std::optional<std::string> shutdown(ShutdownMode mode, bool force) = 0;
  // Takes in the log again, as after a restart (DEBUG LOADAOF). Returns the error reply, or
  // nothing.
  virtual std::optional<std::string> reload_log() = 0;
  // ACL LOAD and ACL SAVE: reads and writes the ACL file. Returns the error reply, or nothing.
  virtual std::optional<std::string> load_users() = 0;
  virtual std::optional<std::string> save_users() = 0;
  // Begins to send keys to another server; calls `done` from this thread when that is over, unless
  // the server stops before. Thread: a loop's.
  virtual void migrate(std::shared_ptr<Migration> migration, std::function<void()> done) = 0;
  // Frees these tables in the background.
  virtual void discard(std::vector<store::Table> tables) = 0;
  // Frees this entry in the background.
  virtual void discard(store::EntryPtr entry) = 0;
  // Gives up this use of something in the background, because it may be the last.
  virtual void discard(std::shared_ptr<void> something) = 0;
};

// Classes of keyspace events, as notify-keyspace-events names them.
enum class Event : std::uint16_t {
  keyspace = 1u << 0,    // K
  keyevent = 1u << 1,    // E
  generic = 1u << 2,     // g
  string = 1u << 3,      // $
  list = 1u << 4,        // l
  set = 1u << 5,         // s
  hash = 1u << 6,        // h
  sorted_set = 1u << 7,  // z
  expired = 1u << 8,     // x
  evicted = 1u << 9,     // e
  stream = 1u << 10,     // t
  key_miss = 1u << 11,   // m
  module = 1u << 12,     // d
  created = 1u << 13,    // n
};

// Switches that CONFIG SET changes and every command reads. Thread: any.
struct Settings {
  std::atomic<std::int64_t> bulk_bytes_max{512LL * 1024 * 1024};
  std::atomic<std::uint64_t> memory_bytes_max{0};
  std::atomic<EvictionPolicy> eviction_policy{EvictionPolicy::noeviction};
  std::atomic<std::int64_t> eviction_samples{5};
  std::atomic<std::int64_t> lfu_log_factor{10};
  std::atomic<std::int64_t> lfu_decay_minutes{1};
  std::atomic<std::uint16_t> events{0};
  std::atomic<bool> active_expiry{true};
  // What has ended stays until the client that imports the data says otherwise.
  std::atomic<bool> import_mode{false};
  // How many keys may be tracked before others are given up for a new one; 0: any number.
  std::atomic<std::size_t> tracked_keys_max{1'000'000};
  std::atomic<bool> loading{false};
  // A snapshot has more to write than it can: wait(true) before anything is locked.
  std::atomic<bool> snapshot_is_behind{false};
  // CLIENT PAUSE: until when, and whether reads are paused as well.
  std::atomic<std::int64_t> paused_until_ms{0};
  std::atomic<bool> pause_all{false};
  // busy-reply-threshold: how long others wait for a script before they are refused.
  std::atomic<std::int64_t> busy_threshold_ms{5000};
  // latency-tracking: whether the times of commands are kept for LATENCY HISTOGRAM.
  std::atomic<bool> tracks_latency{true};

  bool is_paused(std::int64_t now_ms) const {
    return paused_until_ms.load(std::memory_order_relaxed) > now_ms;
  }
  access_mark::Frequency frequency() const {
    return {.decay_minutes = lfu_decay_minutes.load(std::memory_order_relaxed),
            .log_factor = lfu_log_factor.load(std::memory_order_relaxed)};
  }
};

// Lifetime: everything named here outlives all executors.
struct Services {
  const CommandTable& table;
  store::Keyspace& keyspace;
  pubsub::Hub& hub;
  ClientRegistry& clients;
  Watchers& watchers;
  Tracking& tracking;
  Blocking& blocking;
  Settings& settings;
  acl::Users& users;
  EffectSink& effects;
  ConfigAccess& config;
  ServerControl& server;
  PersistenceControl& persistence;
  Observation& observation;
  std::span<const std::unique_ptr<LoopStatistics>> statistics;  // by loop
  ScriptHost* scripts = nullptr;                                // nullptr: no command runs scripts
  ChannelHistory* history = nullptr;                            // nullptr: no channel has one
  LiveKeys* live_keys = nullptr;                                // nullptr: nobody watches any
};

}  // namespace duplex::commands
