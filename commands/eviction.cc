// Which keys go when memory is short: how use is remembered, and who goes first.
#include "commands/eviction.h"

#include <algorithm>
#include <utility>

namespace duplex::commands {

namespace access_mark {

namespace {

constexpr std::uint32_t counter_max = 255;
// A new key starts with this, so that it is not the first to go.
constexpr std::uint32_t counter_of_new = 5;

std::uint32_t minutes(std::int64_t now_ms) {
  return static_cast<std::uint32_t>(now_ms / 60'000) & 0xffffu;
}

}  // namespace

std::uint32_t of_known(EvictionPolicy policy, const KnownUse& use, std::int64_t now_ms) {
  if (counts_frequency(policy))
    return minutes(now_ms) << 8 | (use.frequency ? *use.frequency : counter_of_new);
  return (of_time(now_ms) - static_cast<std::uint32_t>(use.idle_s.value_or(0))) & mask;
}

std::uint32_t Frequency::of_new(std::int64_t now_ms) {
  return minutes(now_ms) << 8 | counter_of_new;
}

std::uint32_t Frequency::counter(std::uint32_t mark, std::int64_t now_ms) const {
  const std::uint32_t counter = mark & 0xff;
  if (decay_minutes == 0) return counter;
  const std::int64_t periods = ((minutes(now_ms) - (mark >> 8)) & 0xffff) / decay_minutes;
  return periods > counter ? 0 : counter - static_cast<std::uint32_t>(periods);
}

std::uint32_t Frequency::used(std::uint32_t mark, std::int64_t now_ms, base::Random& random) const {
  std::uint32_t count = counter(mark, now_ms);
  if (count < counter_max) {
    const std::uint32_t above = count < counter_of_new ? 0 : count - counter_of_new;
    // One in so many uses counts.
    const std::uint64_t odds = above * static_cast<std::uint64_t>(log_factor) + 1;
    if (random.below(odds) == 0) ++count;
  }
  return minutes(now_ms) << 8 | count;
}

}  // namespace access_mark

void EvictionPool::offer(std::uint64_t score, int database, std::string_view key) {
  if (candidates_.size() == candidates_max && score <= candidates_.front().score) return;
  const bool known = std::any_of(candidates_.begin(), candidates_.end(), [&](const auto& other) {
    return other.database == database && other.key == key;
  });
  if (known) return;
  if (candidates_.size() == candidates_max) candidates_.erase(candidates_.begin());
  const auto place = std::upper_bound(
      candidates_.begin(), candidates_.end(), score, [](std::uint64_t value, const auto& other) {
        return value < other.score;
      });
  candidates_.insert(place, {score, database, std::string(key)});
}

std::optional<EvictionPool::Candidate> EvictionPool::take() {
  if (candidates_.empty()) return std::nullopt;
  Candidate best = std::move(candidates_.back());
  candidates_.pop_back();
  return best;
}

}  // namespace duplex::commands
