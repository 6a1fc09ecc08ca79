// The subscribers of one loop: who of its sessions wants which channel or pattern.
#include "pubsub/loop_subscribers.h"

#include "base/assert.h"
#include "base/glob.h"
#include "base/hash.h"

#include <algorithm>
#include <utility>

namespace duplex::pubsub {

std::size_t LoopSubscribers::StringHash::operator()(std::string_view text) const {
  return base::hash_bytes(text);
}

void LoopSubscribers::subscribe(Subscriber& subscriber,
                                Kind kind,
                                std::string_view name,
                                Seen seen) {
  Names& names = names_[static_cast<std::size_t>(kind)];
  auto found = names.find(name);
  if (found == names.end())
    found = names.emplace(std::string(name), std::vector<Subscriber*>{}).first;
  found->second.push_back(&subscriber);
  hub_.subscribe(loop_, kind, name, seen);
}

void LoopSubscribers::unsubscribe(Subscriber& subscriber,
                                  Kind kind,
                                  std::string_view name,
                                  Seen seen) {
  Names& names = names_[static_cast<std::size_t>(kind)];
  const auto found = names.find(name);
  DUPLEX_ASSERT(found != names.end());
  std::vector<Subscriber*>& subscribers = found->second;
  const auto at = std::find(subscribers.begin(), subscribers.end(), &subscriber);
  DUPLEX_ASSERT(at != subscribers.end());
  *at = subscribers.back();
  subscribers.pop_back();
  if (subscribers.empty()) names.erase(found);
  hub_.unsubscribe(loop_, kind, name, seen);
}

void LoopSubscribers::deliver_waiting() {
  for (const MessagePtr& message : hub_.take(loop_))
    deliver(*message);
}

void LoopSubscribers::deliver(const Message& message) {
  const Names& direct = names_[static_cast<std::size_t>(message.kind())];
  if (const auto found = direct.find(message.channel()); found != direct.end())
    for (Subscriber* subscriber : found->second)
      subscriber->deliver(message, {});
  const auto patterns = patterns_of(message.kind());
  if (!patterns) return;
  for (const auto& [pattern, subscribers] : names_[static_cast<std::size_t>(*patterns)])
    if (base::glob_match(pattern, message.channel()))
      for (Subscriber* subscriber : subscribers)
        subscriber->deliver(message, pattern);
}

}  // namespace duplex::pubsub
