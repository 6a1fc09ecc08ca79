// Responses that are remembered for a while, so that a request sent twice is carried out once.
#pragma once

#include "base/mutex.h"
#include "ws/http_message.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {

inline constexpr std::size_t idempotency_key_bytes_max = 255;

struct IdempotencyLimits {
  std::size_t entries_max = 10'000;
  std::size_t bytes_max = std::size_t{16} << 20;  // of keys and bodies
  std::int64_t kept_ms = 5 * 60 * 1000;
};

// What is oldest is forgotten when there is too much.
//
// Thread: any (mutex_, rank leaf).
// Invariant: order_ names the entries of known_, oldest first; bytes_ is their size.
class Idempotency {
 public:
  explicit Idempotency(IdempotencyLimits limits) : limits_(limits) {}

  // Nothing: the key is new, and the caller's, who settles or gives it up. Otherwise what a request
  // with this key was answered, or 503 while that one is still being carried out.
  std::optional<HttpResponse> claim(std::string_view key, std::int64_t now_ms);
  void settle(std::string_view key, const HttpResponse& response);
  // The next request with this key is a new one.
  void give_up(std::string_view key);

 private:
  struct Entry {
    HttpResponse response;
    std::int64_t ends_ms;
  };

  void forget_old(std::int64_t now_ms) DUPLEX_REQUIRES(mutex_);

  const IdempotencyLimits limits_;
  base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, Entry, std::less<>> known_ DUPLEX_GUARDED_BY(mutex_);
  std::deque<std::string> order_ DUPLEX_GUARDED_BY(mutex_);
  std::size_t bytes_ DUPLEX_GUARDED_BY(mutex_) = 0;
};

}  // namespace duplex::ws
