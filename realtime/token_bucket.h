// How often something may happen: so many times at once, so many per second in the long run.
#pragma once

#include <algorithm>
#include <cstdint>

namespace duplex::realtime {

struct Rate {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 0;
};

// Counts in thousandths, so that milliseconds need no fractions. Starts full.
// Thread: confined to its owner.
class TokenBucket {
 public:
  TokenBucket(Rate rate, std::int64_t now_ms)
      : milli_tokens_(std::int64_t{rate.burst} * 1000), filled_ms_(now_ms) {}

  // Takes one token if there is one.
  bool take(Rate rate, std::int64_t now_ms) {
    const std::int64_t elapsed = std::max<std::int64_t>(now_ms - filled_ms_, 0);
    filled_ms_ = std::max(filled_ms_, now_ms);
    milli_tokens_ =
        std::min(milli_tokens_ + elapsed * rate.per_second, std::int64_t{rate.burst} * 1000);
    if (milli_tokens_ < 1000) return false;
    milli_tokens_ -= 1000;
    return true;
  }

 private:
  std::int64_t milli_tokens_;
  std::int64_t filled_ms_;
};

}  // namespace duplex::realtime
