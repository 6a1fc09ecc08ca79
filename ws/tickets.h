// Single-use tickets: who shows one is who it was given to.
#pragma once

#include "base/mutex.h"
#include "realtime/identity.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {

inline constexpr std::int64_t ticket_life_ms = 30'000;
inline constexpr std::size_t tickets_max = 10'000;

// An address is written into logs and histories, so that a token that lasts has no place in it; a
// ticket that is used once and soon has. Times are HttpFront::now_ms().
//
// Thread: any (mutex_, rank leaf).
// Invariant: order_ names the tickets in the order in which they end, those used included.
class Tickets {
 public:
  // Nothing if there are too many that nobody has used yet.
  std::optional<std::string> issue(std::shared_ptr<const realtime::Identity> identity,
                                   std::int64_t now_ms);
  // Whose it is; nullptr if it is unknown, was used or is too old.
  std::shared_ptr<const realtime::Identity> redeem(std::string_view ticket, std::int64_t now_ms);

 private:
  struct Ticket {
    std::shared_ptr<const realtime::Identity> identity;
    std::int64_t ends_ms;
  };
  struct Ending {
    std::string ticket;
    std::int64_t ends_ms;
  };

  void forget_old(std::int64_t now_ms) DUPLEX_REQUIRES(mutex_);

  base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, Ticket, std::less<>> tickets_ DUPLEX_GUARDED_BY(mutex_);
  std::deque<Ending> order_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::ws
