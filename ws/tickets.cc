// Random names for identities.
#include "ws/tickets.h"

#include "base/random.h"
#include "base/sha256.h"

#include <array>
#include <utility>

namespace duplex::ws {

namespace {

std::string random_ticket() {
  std::array<char, 24> bytes;
  base::secure_random(bytes.data(), bytes.size());
  return base::to_hex({bytes.data(), bytes.size()});
}

}  // namespace

void Tickets::forget_old(std::int64_t now_ms) {
  while (!order_.empty() && order_.front().ends_ms <= now_ms) {
    tickets_.erase(order_.front().ticket);
    order_.pop_front();
  }
}

std::optional<std::string> Tickets::issue(std::shared_ptr<const realtime::Identity> identity,
                                          std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  forget_old(now_ms);
  if (order_.size() >= tickets_max) return std::nullopt;
  std::string ticket = random_ticket();
  tickets_.emplace(ticket, Ticket{std::move(identity), now_ms + ticket_life_ms});
  order_.push_back({ticket, now_ms + ticket_life_ms});
  return ticket;
}

std::shared_ptr<const realtime::Identity> Tickets::redeem(std::string_view ticket,
                                                          std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  forget_old(now_ms);
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return nullptr;
  auto identity = std::move(found->second.identity);
  tickets_.erase(found);
  return identity;
}

}  // namespace duplex::ws
