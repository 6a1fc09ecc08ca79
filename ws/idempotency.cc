// A table by key, and a queue by age.
#include "ws/idempotency.h"

#include <algorithm>

namespace duplex::ws {

void Idempotency::forget_old(std::int64_t now_ms) {
  while (!order_.empty()) {
    const auto oldest = known_.find(order_.front());
    if (oldest->second.ends_ms > now_ms && known_.size() < limits_.entries_max &&
        bytes_ <= limits_.bytes_max)
      return;
    bytes_ -= oldest->first.size() + oldest->second.response.body.size();
    known_.erase(oldest);
    order_.pop_front();
  }
}

std::optional<HttpResponse> Idempotency::claim(std::string_view key, std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  forget_old(now_ms);
  Entry fresh{http_error(503, "a request with this key is being carried out"),
              now_ms + limits_.kept_ms};
  const std::size_t bytes = key.size() + fresh.response.body.size();
  const auto [entry, is_new] = known_.emplace(key, std::move(fresh));
  if (!is_new) return entry->second.response;
  order_.emplace_back(key);
  bytes_ += bytes;
  return std::nullopt;
}

void Idempotency::settle(std::string_view key, const HttpResponse& response) {
  const base::MutexLock lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return;  // forgotten already
  bytes_ += response.body.size();
  bytes_ -= found->second.response.body.size();
  found->second.response = response;
}

void Idempotency::give_up(std::string_view key) {
  const base::MutexLock lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return;
  bytes_ -= key.size() + found->second.response.body.size();
  known_.erase(found);
  std::erase(order_, key);
}

}  // namespace duplex::ws
