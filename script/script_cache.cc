// The scripts that EVALSHA finds.
#include "script/script_cache.h"

namespace duplex::script {

ScriptCache::Pointer ScriptCache::find(std::string_view sha) {
  const base::MutexLock lock(mutex_);
  const auto found = scripts_.find(sha);
  if (found == scripts_.end()) return nullptr;
  Entry& entry = found->second;
  if (!entry.stays && entry.place != by_use_.begin())
    by_use_.splice(by_use_.begin(), by_use_, entry.place);
  return entry.script;
}

bool ScriptCache::contains(std::string_view sha) const {
  const base::MutexLock lock(mutex_);
  return scripts_.contains(sha);
}

ScriptCache::Pointer ScriptCache::add(const Pointer& script, bool stays) {
  Pointer dropped;  // freed without the lock
  const base::MutexLock lock(mutex_);
  const auto [at, is_new] = scripts_.try_emplace(script->sha);
  Entry& entry = at->second;
  if (is_new) {
    entry.script = script;
    bytes_ += script->code.size();
    by_use_.push_front(script->sha);
    entry.place = by_use_.begin();
  }
  if (stays && !entry.stays) {
    entry.stays = true;
    by_use_.erase(entry.place);
  }
  const Pointer kept = entry.script;
  if (by_use_.size() > eval_scripts_max) {
    const auto oldest = scripts_.find(by_use_.back());
    by_use_.pop_back();
    dropped = oldest->second.script;
    bytes_ -= dropped->code.size();
    scripts_.erase(oldest);
    ++evicted_;
  }
  return kept;
}

void ScriptCache::flush() {
  std::unordered_map<std::string_view, Entry> dropped;
  const base::MutexLock lock(mutex_);
  dropped.swap(scripts_);
  by_use_.clear();
  bytes_ = 0;
}

std::size_t ScriptCache::size() const {
  const base::MutexLock lock(mutex_);
  return scripts_.size();
}

std::size_t ScriptCache::bytes() const {
  const base::MutexLock lock(mutex_);
  return bytes_;
}

std::size_t ScriptCache::evicted() const {
  const base::MutexLock lock(mutex_);
  return evicted_;
}

}  // namespace duplex::script
