// Which loops have subscribers of what, and the one order in which they get messages.
#include "pubsub/hub.h"

#include "base/assert.h"
#include "base/glob.h"
#include "base/hash.h"

#include <algorithm>
#include <utility>

namespace duplex::pubsub {

std::size_t Hub::StringHash::operator()(std::string_view text) const {
  return base::hash_bytes(text);
}

Hub::Hub(std::size_t loops) : loops_(loops), queues_(loops), receivers_(loops) {}

void Hub::attach(std::size_t loop, Wake wake) {
  const base::MutexLock lock(mutex_);
  queues_[loop].wake = std::move(wake);
}

std::size_t Hub::publish(std::size_t from, MessagePtr message) {
  const base::MutexLock lock(mutex_);
  std::size_t count = 0;
  std::fill(receivers_.begin(), receivers_.end(), false);
  const auto note = [&](const Counts& counts) {
    count += counts.total;
    for (std::size_t loop = 0; loop < loops_; ++loop)
      if (counts.by_loop[loop] != 0) receivers_[loop] = true;
  };
  const Names& direct = names(message->kind());
  if (const auto found = direct.find(message->channel()); found != direct.end())
    note(found->second);
  if (const auto patterns = patterns_of(message->kind()))
    for (const auto& [pattern, counts] : names(*patterns))
      if (base::glob_match(pattern, message->channel())) note(counts);
  for (std::size_t loop = 0; loop < loops_; ++loop) {
    if (!receivers_[loop]) continue;
    Queue& queue = queues_[loop];
    queue.messages.push_back(message);
    const bool was_waiting = queue.waiting.exchange(true, std::memory_order_acq_rel);
    if (loop != from && !was_waiting && queue.wake) queue.wake();
  }
  return count;
}

std::vector<MessagePtr> Hub::take(std::size_t loop) {
  if (!has_messages(loop)) return {};
  const base::MutexLock lock(mutex_);
  queues_[loop].waiting.store(false, std::memory_order_release);
  return std::exchange(queues_[loop].messages, {});
}

void Hub::subscribe(std::size_t loop, Kind kind, std::string_view name, Seen seen) {
  const base::MutexLock lock(mutex_);
  Names& known = names(kind);
  auto found = known.find(name);
  if (found == known.end()) found = known.emplace(std::string(name), Counts{}).first;
  Counts& counts = found->second;
  counts.by_loop.resize(loops_);
  ++counts.by_loop[loop];
  if (seen == Seen::no)
    ++counts.unseen;
  else if (counts.total++ == 0)
    ++seen_names_[static_cast<std::size_t>(kind)];
}

void Hub::unsubscribe(std::size_t loop, Kind kind, std::string_view name, Seen seen) {
  const base::MutexLock lock(mutex_);
  Names& known = names(kind);
  const auto found = known.find(name);
  DUPLEX_ASSERT(found != known.end());
  Counts& counts = found->second;
  DUPLEX_ASSERT(counts.by_loop[loop] > 0);
  --counts.by_loop[loop];
  if (seen == Seen::no)
    --counts.unseen;
  else if (--counts.total == 0)
    --seen_names_[static_cast<std::size_t>(kind)];
  if (counts.total == 0 && counts.unseen == 0) known.erase(found);
}

std::vector<std::string> Hub::channels(Kind kind, std::string_view glob) const {
  std::vector<std::string> result;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& [name, counts] : names(kind))
      if (counts.total != 0 && (glob.empty() || base::glob_match(glob, name)))
        result.push_back(name);
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::size_t Hub::subscriber_count(Kind kind, std::string_view name) const {
  const base::MutexLock lock(mutex_);
  const auto found = names(kind).find(name);
  return found == names(kind).end() ? 0 : found->second.total;
}

std::size_t Hub::receiver_count(Kind kind, std::string_view channel) const {
  const base::MutexLock lock(mutex_);
  std::size_t count = 0;
  if (const auto found = names(kind).find(channel); found != names(kind).end())
    count += found->second.total;
  if (kind == Kind::channel)
    for (const auto& [pattern, counts] : names(Kind::pattern))
      if (base::glob_match(pattern, channel)) count += counts.total;
  return count;
}

std::size_t Hub::pattern_count() const {
  const base::MutexLock lock(mutex_);
  return seen_names_[static_cast<std::size_t>(Kind::pattern)];
}

std::size_t Hub::channel_count(Kind kind) const {
  const base::MutexLock lock(mutex_);
  return seen_names_[static_cast<std::size_t>(kind)];
}

}  // namespace duplex::pubsub
