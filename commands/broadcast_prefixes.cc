// CLIENT TRACKING BCAST: who wants to hear of all changes of keys that begin in some way.
#include "commands/broadcast_prefixes.h"

#include "commands/invalidation.h"

#include <algorithm>

namespace duplex::commands {

void BroadcastPrefixes::add(Reader reader, std::string_view prefix, bool skips_own) {
  const base::MutexLock lock(mutex_);
  prefixes_.try_emplace(std::string(prefix));
  for (auto& [name, listeners] : prefixes_) {
    const auto known = std::find_if(listeners.begin(), listeners.end(), [&](const Listener& other) {
      return other.reader == reader;
    });
    if (known != listeners.end())
      known->skips_own = skips_own;
    else if (name == prefix)
      listeners.push_back({reader, skips_own});
  }
  count_.store(prefixes_.size(), std::memory_order_relaxed);
  version_.fetch_add(1, std::memory_order_release);
}

void BroadcastPrefixes::remove(Reader reader, std::string_view prefix) {
  const base::MutexLock lock(mutex_);
  const auto found = prefixes_.find(prefix);
  if (found == prefixes_.end()) return;
  std::erase_if(found->second, [&](const Listener& other) { return other.reader == reader; });
  if (found->second.empty()) prefixes_.erase(found);
  count_.store(prefixes_.size(), std::memory_order_relaxed);
  version_.fetch_add(1, std::memory_order_release);
}

void BroadcastPrefixes::refresh(BroadcastChanges& changes) {
  const base::MutexLock lock(mutex_);
  changes.version_ = version_.load(std::memory_order_relaxed);
  changes.shortest_.clear();
  for (const auto& [prefix, listeners] : prefixes_)
    if (changes.shortest_.empty() || !prefix.starts_with(changes.shortest_.back()))
      changes.shortest_.push_back(prefix);
}

void BroadcastPrefixes::note(BroadcastChanges& changes,
                             std::string_view key,
                             std::uint64_t writer) {
  if (changes.version_ != version_.load(std::memory_order_acquire)) refresh(changes);
  const auto behind = std::upper_bound(changes.shortest_.begin(), changes.shortest_.end(), key);
  if (behind == changes.shortest_.begin() || !key.starts_with(*std::prev(behind))) return;
  const auto known = changes.writers_.find(key);
  if (known != changes.writers_.end())
    known->second = writer;
  else
    changes.writers_.emplace(std::string(key), writer);
}

void BroadcastPrefixes::drain(BroadcastChanges& changes, const Send& send) {
  const base::MutexLock lock(mutex_);
  std::vector<std::string_view> keys;
  for (const auto& [prefix, listeners] : prefixes_) {
    const auto first = changes.writers_.lower_bound(prefix);
    auto end = first;
    while (end != changes.writers_.end() && end->first.starts_with(prefix))
      ++end;
    if (first == end) continue;
    base::SharedBytes all;
    for (const Listener& listener : listeners) {
      const std::uint64_t left_out = listener.skips_own ? listener.reader.client() : 0;
      keys.clear();
      for (auto at = first; at != end && (!all || left_out != 0); ++at)
        if (left_out == 0 || at->second != left_out) keys.emplace_back(at->first);
      if (left_out == 0) {
        if (!all) all = encoded_keys(keys);
        send(listener.reader, all);
      } else if (!keys.empty()) {
        send(listener.reader, encoded_keys(keys));
      }
    }
  }
  changes.writers_.clear();
}

}  // namespace duplex::commands
