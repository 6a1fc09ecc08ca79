// ACL LOG: what was denied lately, and to whom.
#include "commands/acl_log.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace duplex::commands::acl {

namespace {

constexpr std::int64_t same_entry_ms_max = 60'000;
constexpr std::size_t compared_entries_max = 10;

bool are_alike(const LogEntry& a, const LogEntry& b) {
  return a.reason == b.reason && a.origin == b.origin && a.object == b.object &&
         a.username == b.username && std::abs(a.updated_ms - b.updated_ms) <= same_entry_ms_max;
}

}  // namespace

void Log::add(LogEntry entry) {
  denied_[static_cast<std::size_t>(entry.reason)].fetch_add(1, std::memory_order_relaxed);
  const std::size_t length_max = length_max_.load(std::memory_order_relaxed);
  const base::MutexLock lock(mutex_);
  if (length_max != 0) {
    const auto end = entries_.begin() +
                     static_cast<std::ptrdiff_t>(std::min(compared_entries_max, entries_.size()));
    const auto known = std::find_if(
        entries_.begin(), end, [&](const LogEntry& other) { return are_alike(entry, other); });
    if (known != end) {
      LogEntry again = std::move(*known);
      ++again.count;
      again.client = std::move(entry.client);
      again.updated_ms = entry.updated_ms;
      entries_.erase(known);
      entries_.push_front(std::move(again));
    } else {
      entry.id = next_id_++;
      entries_.push_front(std::move(entry));
    }
  }
  while (entries_.size() > length_max)
    entries_.pop_back();
}

std::vector<LogEntry> Log::newest(std::size_t count) const {
  const base::MutexLock lock(mutex_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

void Log::clear() {
  const base::MutexLock lock(mutex_);
  entries_.clear();
}

}  // namespace duplex::commands::acl
