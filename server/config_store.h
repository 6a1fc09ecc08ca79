// The configuration of the running server: snapshots for readers, CONFIG GET, SET and REWRITE.
#pragma once

#include "base/mutex.h"
#include "server/config_loader.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::server {

// The few values that are read so often that even taking a snapshot would be too dear.
// Thread: any; relaxed reads.
struct LiveValues {
  std::atomic<std::int64_t> maxclients;
  std::atomic<std::int64_t> timeout_s;
  std::atomic<std::int64_t> maxmemory;
  std::atomic<std::int64_t> proto_max_bulk_len;
  std::atomic<std::int64_t> client_query_buffer_limit;
  std::atomic<std::int64_t> slowlog_log_slower_than_us;
  std::atomic<std::int64_t> latency_monitor_threshold_ms;
  std::atomic<std::int64_t> hz;
};

// Holds the one current Config. Readers take an immutable snapshot; a change makes a new one.
//
// Thread:    snapshot(), live() and get() from any thread (mutex_, a leaf). set() and rewrite()
// from
//            any thread, one after the other (changing_); no other lock may be held.
// Lifetime:  outlives every loop.
// Invariant: a snapshot never changes; live() is that of the newest snapshot.
class ConfigStore {
 public:
  // Acts on a change before it is published, with the new values. A reason refuses the change; then
  // the actions taken for it already are called again with the old values.
  using Action = std::function<Outcome(const Config& next)>;
  using Pair = std::pair<std::string, std::string>;

  explicit ConfigStore(LoadedConfig loaded);
  ConfigStore(const ConfigStore&) = delete;
  ConfigStore& operator=(const ConfigStore&) = delete;

  std::shared_ptr<const Config> snapshot() const;
  const LiveValues& live() const { return live_; }
  // The file the server was started with, absolute; empty if there was none.
  const std::string& file() const { return file_; }

  // Registers what happens when `name` changes. Requires: `name` is a directive; called before the
  // loops start. A directive that is `owned` keeps its value as long as nobody has registered.
  void on_change(std::string_view name, Action action);

  // CONFIG GET: name and value of everything that one of the patterns names, each once.
  std::vector<Pair> get(std::span<const std::string_view> patterns) const;

  // CONFIG SET: all of the changes or none; those that enable-protected-configs guards only if
  // `may_set_protected`. Returns the error reply, or nothing.
  std::optional<std::string> set(
      std::span<const std::pair<std::string_view, std::string_view>> changes,
      bool may_set_protected);

  // CONFIG REWRITE, with these users. Returns the error reply, or nothing.
  std::optional<std::string> rewrite(std::vector<UserLine> users);

 private:
  struct Change {
    const Directive* directive;
    std::string_view name;  // the one the client used, in small letters
    std::string_view value;
  };
  std::expected<std::vector<Change>, std::string> checked(
      std::span<const std::pair<std::string_view, std::string_view>> changes,
      bool may_set_protected) const;
  // Returns the error reply, or nothing.
  std::optional<std::string> act(const std::vector<Change>& changes,
                                 const Config& old,
                                 const Config& next);
  void publish(Config next);

  const std::string file_;
  const std::string start_dir_;
  std::map<std::string_view, std::vector<Action>> actions_;
  LiveValues live_{};
  std::mutex changing_;  // orders changes; actions may take any of the ranked locks under it
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::shared_ptr<const Config> current_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::server
