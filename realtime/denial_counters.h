// How often something was refused to browsers, and why.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::realtime {

// In the order of denial_reasons.
enum class DenialReason : std::uint8_t {
  unauthorized,
  permission_denied,
  token_expired,
  invalid_token,
  address_connections,  // too many from one address
  address_rate,         // too many at once from one address
  user_connections,     // too many of one user
};

// As /metrics names them.
inline constexpr std::array<std::string_view, 7> denial_reasons = {"unauthorized",
                                                                   "permission_denied",
                                                                   "token_expired",
                                                                   "invalid_token",
                                                                   "address_connections",
                                                                   "address_rate",
                                                                   "user_connections"};

// Thread: any.
class DenialCounters {
 public:
  void add(DenialReason reason) {
    counts_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t get(std::size_t reason) const {
    return counts_[reason].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, denial_reasons.size()> counts_{};
};

}  // namespace duplex::realtime
