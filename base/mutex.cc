// The slow path of Mutex, and the rank check of debug builds.
#include "base/mutex.h"

#include <array>
#include <cstddef>

#include "base/assert.h"

namespace duplex::base {

namespace {
// Long enough for a short critical section on the other core, far shorter than a time slice.
constexpr int spins_max = 100;

inline void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}
}  // namespace

void Mutex::lock_contended() {
  for (int i = 0; i < spins_max; ++i) {
    std::uint32_t expected = unlocked;
    if (state_.load(std::memory_order_relaxed) == unlocked &&
        state_.compare_exchange_weak(expected, locked, std::memory_order_acquire))
      return;
    cpu_relax();
  }
  while (state_.exchange(locked_with_waiters, std::memory_order_acquire) != unlocked)
    state_.wait(locked_with_waiters, std::memory_order_relaxed);
}

#ifndef NDEBUG
namespace {
constexpr std::size_t rank_count = static_cast<std::size_t>(LockRank::leaf) + 1;
thread_local std::array<unsigned, rank_count> held{};
}  // namespace

void Mutex::check_rank() {
  const auto rank = static_cast<std::size_t>(rank_);
  for (std::size_t higher = rank + 1; higher < rank_count; ++higher)
    DUPLEX_ASSERT(held[higher] == 0);
  if (rank_ != LockRank::shard) DUPLEX_ASSERT(held[rank] == 0);
}

void Mutex::note_lock() {
  ++held[static_cast<std::size_t>(rank_)];
}

void Mutex::note_unlock() {
  const auto rank = static_cast<std::size_t>(rank_);
  DUPLEX_ASSERT(held[rank] > 0);
  --held[rank];
}
#endif

}  // namespace duplex::base
