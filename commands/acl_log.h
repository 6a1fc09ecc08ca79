// ACL LOG: what was denied lately, and to whom.
#pragma once

#include "base/mutex.h"
#include "commands/acl_user.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace duplex::commands::acl {

// Where a denied command came from.
enum class Origin : std::uint8_t { toplevel, multi, lua, module };

struct LogEntry {
  std::uint64_t count = 1;
  Denial::Reason reason = Denial::Reason::command;
  Origin origin = Origin::toplevel;
  std::string object;    // the command, key or channel
  std::string username;  // of an AUTH: the name that was given
  std::string client;    // the last one, as CLIENT INFO shows it
  std::uint64_t id = 0;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};

// Thread: any.
class Log {
 public:
  // Puts an entry in front, or counts up one of the same kind that is not a minute old. Only the
  // first entries are looked at for that.
  void add(LogEntry entry);
  // The newest ones, the last first.
  std::vector<LogEntry> newest(std::size_t count) const;
  void clear();

  // acllog-max-len. A log that is too long is cut with the next entry.
  void set_length_max(std::size_t length) { length_max_.store(length, std::memory_order_relaxed); }
  // How often something was denied for this reason since the start.
  std::uint64_t denied(Denial::Reason reason) const {
    return denied_[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t default_length_max = 128;

  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::deque<LogEntry> entries_ DUPLEX_GUARDED_BY(mutex_);
  std::uint64_t next_id_ DUPLEX_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> length_max_{default_length_max};
  std::array<std::atomic<std::uint64_t>, 4> denied_{};
};

}  // namespace duplex::commands::acl
