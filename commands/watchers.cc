// Who watches which key, so that a change can spoil a transaction.
#include "commands/watchers.h"

#include <algorithm>

namespace duplex::commands {

void Watchers::add(int database, std::string_view key, const Flag& dirty) {
  const base::MutexLock lock(mutex_);
  watched_[{database, std::string(key)}].push_back(dirty);
  count_.fetch_add(1, std::memory_order_release);
}

void Watchers::remove(int database, std::string_view key, const Flag& dirty) {
  const base::MutexLock lock(mutex_);
  const auto found = watched_.find({database, std::string(key)});
  if (found == watched_.end()) return;
  const std::size_t removed = std::erase(found->second, dirty);
  if (found->second.empty()) watched_.erase(found);
  count_.fetch_sub(removed, std::memory_order_release);
}

void Watchers::touch_watched(int database, std::string_view key) {
  const base::MutexLock lock(mutex_);
  const auto found = watched_.find({database, std::string(key)});
  if (found == watched_.end()) return;
  for (const Flag& flag : found->second)
    flag->store(true, std::memory_order_release);
}

}  // namespace duplex::commands
