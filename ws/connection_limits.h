// How many connections one address and one user may have, and how fast an address may open them.
#pragma once

#include "base/mutex.h"
#include "realtime/token_bucket.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::ws {

struct ConnectionLimitOptions {
  std::size_t per_address_max = 100;  // 0: any number
  std::size_t per_user_max = 20;      // 0: any number
  realtime::Rate connects{20, 40};    // of one address; 0 per second: as fast as they come
  // Connections from this machine: a proxy's are those of all its clients.
  bool count_loopback = false;
};

// Counts the connections of all loops.
//
// Thread: any (mutex_, a leaf). Lifetime: outlives all places.
class ConnectionLimits {
 public:
  enum class Group : std::uint8_t { address, user };
  enum class Refusal : std::uint8_t { too_many, too_fast };

  // A connection's share of a limit, until it ends. An empty one is nobody's.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : limits_(std::exchange(other.limits_, nullptr)),
          group_(other.group_),
          name_(std::move(other.name_)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(limits_, other.limits_);
      std::swap(group_, other.group_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Place() {
      if (limits_ != nullptr) limits_->leave(group_, name_);
    }

   private:
    friend class ConnectionLimits;
    Place(ConnectionLimits& limits, Group group, std::string name)
        : limits_(&limits), group_(group), name_(std::move(name)) {}

    ConnectionLimits* limits_ = nullptr;
    Group group_ = Group::address;
    std::string name_;
  };

  explicit ConnectionLimits(const ConnectionLimitOptions& options) : options_(options) {}
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // A place for one more connection from this peer ("127.0.0.1:50412"), or why there is none. Of
  // IPv6 the network counts, the first 64 bits: that is what one household has.
  std::optional<Refusal> enter_address(std::string_view peer, std::int64_t now_ms, Place& place);
  // A place for one more connection of the user; false if there is none. Anonymous clients (an
  // empty name) need none.
  bool enter_user(std::string_view user, Place& place);

 private:
  struct Address {
    std::size_t connections = 0;
    realtime::TokenBucket connects;
  };

  void leave(Group group, const std::string& name);
  // Drops addresses without connections that have been quiet long enough.
  void forget_quiet(std::int64_t now_ms) DUPLEX_REQUIRES(mutex_);

  const ConnectionLimitOptions options_;
  base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, Address, std::less<>> addresses_ DUPLEX_GUARDED_BY(mutex_);
  std::map<std::string, std::size_t, std::less<>> users_ DUPLEX_GUARDED_BY(mutex_);
  std::int64_t swept_ms_ DUPLEX_GUARDED_BY(mutex_) = 0;
};

}  // namespace duplex::ws
