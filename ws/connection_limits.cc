// Counting connections by address and by user.
#include "ws/connection_limits.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace duplex::ws {

namespace {

// How often quiet addresses are dropped.
constexpr std::int64_t sweep_interval_ms = 10'000;

struct Source {
  std::string name;  // what connections are counted by
  bool is_loopback = false;
};

// "127.0.0.1:50412" or "::1:50412", with or without brackets.
Source source_of(std::string_view peer) {
  std::string address(peer.substr(0, peer.rfind(':')));
  std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::fill(v6.s6_addr + 8, v6.s6_addr + 16, std::uint8_t{0});
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    return {.name = text.data(), .is_loopback = address == "::1"};
  }
  const std::string_view v4 = std::string_view(address).substr(address.rfind(':') + 1);
  return {.name = std::string(v4), .is_loopback = v4.starts_with("127.")};
}

}  // namespace

std::optional<ConnectionLimits::Refusal> ConnectionLimits::enter_address(std::string_view peer,
                                                                         std::int64_t now_ms,
                                                                         Place& place) {
  Source source = source_of(peer);
  if (source.is_loopback && !options_.count_loopback) return std::nullopt;
  {
    const base::MutexLock lock(mutex_);
    forget_quiet(now_ms);
    const auto found =
        addresses_
            .try_emplace(source.name,
                         Address{.connections = 0,
                                 .connects = realtime::TokenBucket(options_.connects, now_ms)})
            .first;
    Address& address = found->second;
    if (options_.per_address_max != 0 && address.connections >= options_.per_address_max)
      return Refusal::too_many;
    if (options_.connects.per_second != 0 && !address.connects.take(options_.connects, now_ms))
      return Refusal::too_fast;
    ++address.connections;
  }
  place = Place(*this, Group::address, std::move(source.name));
  return std::nullopt;
}

bool ConnectionLimits::enter_user(std::string_view user, Place& place) {
  if (user.empty() || options_.per_user_max == 0) return true;
  std::string name(user);
  {
    const base::MutexLock lock(mutex_);
    std::size_t& connections = users_[name];
    if (connections >= options_.per_user_max) return false;
    ++connections;
  }
  place = Place(*this, Group::user, std::move(name));
  return true;
}

void ConnectionLimits::leave(Group group, const std::string& name) {
  const base::MutexLock lock(mutex_);
  if (group == Group::address) {
    --addresses_.find(name)->second.connections;
    return;
  }
  const auto found = users_.find(name);
  if (--found->second == 0) users_.erase(found);
}

// After a sweep's interval a bucket that nobody used is full again, unless it is a very slow one.
void ConnectionLimits::forget_quiet(std::int64_t now_ms) {
  if (now_ms - swept_ms_ < sweep_interval_ms) return;
  swept_ms_ = now_ms;
  std::erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
}

}  // namespace duplex::ws
