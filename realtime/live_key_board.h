// The live keys that sessions of one loop watch: each is read once for all of them.
#pragma once

#include "commands/live_keys.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/command_runner.h"
#include "realtime/live_value.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// Tells watchers of a key how it changes, by messages on the channel `key:<name>`, whose offset is
// the version: {"type":…,"value":…,"version":…}, the whole value, at most once in an interval; or,
// while the value is large, {"op":["SETBIT","boxes","7","1"],"version":…}, each change by itself.
//
// No change is missed: it is watched before it is read, and what is published before the read has a
// version that the read covers.
//
// Thread: confined to its loop.
class LiveKeyBoard final : public pubsub::Subscriber {
 public:
  static constexpr std::int64_t interval_ms = 50;
  static constexpr std::size_t large_bytes = 64 * 1024;

  // Has settle() called on this loop after so many milliseconds.
  using CallLater = std::function<void(std::int64_t delay_ms)>;

  LiveKeyBoard(pubsub::LoopSubscribers& subscribers,
               commands::LiveKeys& live_keys,
               CommandRunner& commands,
               CallLater call_later)
      : subscribers_(subscribers),
        live_keys_(live_keys),
        commands_(commands),
        call_later_(std::move(call_later)) {}
  ~LiveKeyBoard() override;

  // Begins to tell the watcher, and returns the value as it is now; changes that it covers may come
  // meanwhile. The error is that of the command that read it: then nothing is watched.
  std::expected<LiveValue, std::string> add(pubsub::Subscriber& watcher,
                                            std::string_view key,
                                            RunAs as);
  // Requires: add() succeeded for both.
  void remove(pubsub::Subscriber& watcher, std::string_view key);

  // Reads what has changed, and tells it.
  void settle();

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  struct Watched {
    std::vector<pubsub::Subscriber*> watchers;
    std::uint64_t version = 0;       // the last that was read
    std::uint64_t log_position = 0;  // of the last change
    bool is_large = false;
    bool has_changed = false;     // since it was read
    bool is_read = false;         // just now, for all watchers
    std::uint64_t meanwhile = 0;  // the version of the last change that came then
  };
  using Keys = std::map<std::string, Watched, std::less<>>;

  std::expected<LiveValue, std::string> read(const std::string& key, Watched& watched, RunAs as);
  void note_change(Watched& watched);
  void tell(const std::string& key,
            const Watched& watched,
            std::string_view json,
            std::uint64_t version);

  pubsub::LoopSubscribers& subscribers_;
  commands::LiveKeys& live_keys_;
  CommandRunner& commands_;
  const CallLater call_later_;
  Keys keys_;
  bool will_settle_ = false;
};

}  // namespace duplex::realtime
