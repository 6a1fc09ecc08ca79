// Locks with a rank: a thread may only take locks of rising rank, which is why none can deadlock.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__clang__)
#define DUPLEX_ANNOTATION(x) __attribute__((x))
#else
#define DUPLEX_ANNOTATION(x)
#endif
#define DUPLEX_CAPABILITY(name) DUPLEX_ANNOTATION(capability(name))
#define DUPLEX_SCOPED_CAPABILITY DUPLEX_ANNOTATION(scoped_lockable)
#define DUPLEX_GUARDED_BY(mutex) DUPLEX_ANNOTATION(guarded_by(mutex))
#define DUPLEX_REQUIRES(...) DUPLEX_ANNOTATION(requires_capability(__VA_ARGS__))
#define DUPLEX_ACQUIRE(...) DUPLEX_ANNOTATION(acquire_capability(__VA_ARGS__))
#define DUPLEX_RELEASE(...) DUPLEX_ANNOTATION(release_capability(__VA_ARGS__))
#define DUPLEX_TRY_ACQUIRE(...) DUPLEX_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define DUPLEX_NO_THREAD_SAFETY_ANALYSIS DUPLEX_ANNOTATION(no_thread_safety_analysis)

namespace duplex::base {

// The order in which a thread may hold locks. Only shards may be held several at a time
// (store/shard_lock.h says how). `leaf` locks guard a few lines and nothing is taken under them.
enum class LockRank : std::uint8_t { token, shard, waiters, hub, registry, log, leaf };

// Who sleeps until a lock is free: now, and how often since the start.
struct LockWaits {
  std::atomic<std::uint32_t> now{0};
  std::atomic<std::uint64_t> ever{0};
};

// A lock of four bytes that spins briefly and then sleeps.
//
// Thread: any. Debug builds check the rank on every lock(); try_lock() cannot deadlock and is free.
class DUPLEX_CAPABILITY("mutex") Mutex {
 public:
  explicit constexpr Mutex(LockRank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() DUPLEX_ACQUIRE() {
    check_rank();
    note_lock();
    std::uint32_t expected = unlocked;
    if (!state_.compare_exchange_strong(expected, locked, std::memory_order_acquire)) [[unlikely]]
      lock_contended();
  }
  // The same; counts the caller in `waits` if the lock is not free.
  void lock(LockWaits& waits) DUPLEX_ACQUIRE() {
    check_rank();
    note_lock();
    std::uint32_t expected = unlocked;
    if (state_.compare_exchange_strong(expected, locked, std::memory_order_acquire)) [[likely]]
      return;
    waits.ever.fetch_add(1, std::memory_order_relaxed);
    waits.now.fetch_add(1, std::memory_order_relaxed);
    lock_contended();
    waits.now.fetch_sub(1, std::memory_order_relaxed);
  }
  void unlock() DUPLEX_RELEASE() {
    note_unlock();
    if (state_.exchange(unlocked, std::memory_order_release) == locked_with_waiters) [[unlikely]]
      state_.notify_one();
  }
  bool try_lock() DUPLEX_TRY_ACQUIRE(true) {
    std::uint32_t expected = unlocked;
    if (!state_.compare_exchange_strong(expected, locked, std::memory_order_acquire)) return false;
    note_lock();
    return true;
  }

 private:
  static constexpr std::uint32_t unlocked = 0;
  static constexpr std::uint32_t locked = 1;
  static constexpr std::uint32_t locked_with_waiters = 2;

  void lock_contended();
#ifdef NDEBUG
  void check_rank() {}
  void note_lock() {}
  void note_unlock() {}
#else
  void check_rank();
  void note_lock();
  void note_unlock();
#endif

  std::atomic<std::uint32_t> state_{unlocked};
  [[maybe_unused]] const LockRank rank_;  // read by debug builds
};

// Holds a Mutex for a scope.
class DUPLEX_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DUPLEX_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() DUPLEX_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace duplex::base
