// Scripts that run for long: who they are, who waits for them, and how they are stopped.
#pragma once

#include "base/mutex.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// A script that was suspended at least once.
//
// Thread: what is not atomic is set before it is added, and read by any.
struct RunningScript {
  enum class Kind : std::uint8_t { eval, function };

  Kind kind = Kind::eval;
  std::string name;                  // of a function
  std::vector<std::string> command;  // as the client asked
  std::int64_t started_us = 0;       // base::steady_us()
  std::atomic<bool> has_written{false};
  std::atomic<bool> killed{false};
};

// Thread: any (mutex_, rank leaf).
class RunningScripts {
 public:
  using Pointer = std::shared_ptr<RunningScript>;

  void add(const Pointer& script);
  // Returns the clients that were postponed: they may be served now.
  std::vector<std::uint64_t> remove(const Pointer& script);
  std::vector<Pointer> list() const;

  // The text for a client that needs what a script holds for longer than busy-reply-threshold;
  // nothing if none does.
  std::optional<std::string_view> busy_text(std::int64_t threshold_ms) const;
  // Lets the client wait for the end of a script; false if none is running any more.
  bool postpone(std::uint64_t client_id);
  // Those who wait, once a script has passed the threshold: they get the busy text then.
  std::vector<std::uint64_t> take_overdue(std::int64_t threshold_ms);

  enum class Ending : std::uint8_t { killed, none_running, other_kind, has_written };
  // Stops every script of this kind that has not written yet.
  Ending kill(RunningScript::Kind kind);

 private:
  const RunningScript* overdue(std::int64_t threshold_ms) const DUPLEX_REQUIRES(mutex_);

  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::vector<Pointer> scripts_ DUPLEX_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> postponed_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::commands
