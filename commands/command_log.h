// SLOWLOG and COMMANDLOG: the last commands that took long, asked for much or were told much.
#pragma once

#include "base/mutex.h"
#include "commands/command_spec.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace duplex::commands {

enum class CommandLogType : std::uint8_t { slow, large_request, large_reply };
inline constexpr std::size_t command_log_types = 3;

struct CommandLogEntry {
  std::uint64_t id = 0;
  std::int64_t time_s = 0;  // when it ran, in seconds since 1970
  std::int64_t value = 0;   // microseconds, or bytes
  std::vector<std::string> args;
  std::string address;
  std::string client_name;
};

// The arguments as an entry keeps them: long ones and many of them are cut.
std::vector<std::string> kept_args(std::span<const std::string_view> args);

// Values from `threshold` on are taken (below 0: none); the last `length_max` of them are kept.
struct CommandLogLimits {
  std::int64_t threshold = -1;
  std::size_t length_max = 128;
};

// Thread: any.
class CommandLog {
 public:
  void set_limits(const CommandLogLimits& limits);
  bool is_on() const { return threshold_.load(std::memory_order_relaxed) >= 0; }
  // Whether a value belongs into the log. Cheap.
  bool takes(std::int64_t value) const {
    const std::int64_t threshold = threshold_.load(std::memory_order_relaxed);
    return threshold >= 0 && value >= threshold;
  }

  // Puts the entry in front and gives it its id. What is too long is cut at the other end.
  void add(CommandLogEntry entry);
  // The newest ones, the last first.
  std::vector<CommandLogEntry> newest(std::size_t count) const;
  std::size_t size() const;
  void clear();

 private:
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::atomic<std::int64_t> threshold_{-1};  // -1 also if nothing is kept
  std::size_t length_max_ DUPLEX_GUARDED_BY(mutex_) = 0;
  std::deque<CommandLogEntry> entries_ DUPLEX_GUARDED_BY(mutex_);
  std::uint64_t next_id_ DUPLEX_GUARDED_BY(mutex_) = 0;
};

}  // namespace duplex::commands
