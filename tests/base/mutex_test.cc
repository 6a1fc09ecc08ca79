// Mutex: exclusion under contention, and the order of ranks that debug builds insist on.
#include "base/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace duplex::base {
namespace {

TEST(Mutex, TakesFourBytesBesidesItsRank) { EXPECT_LE(sizeof(Mutex), 8u); }

TEST(Mutex, LetsOneThreadInAtATime) {
  constexpr int threads = 4;
  constexpr int rounds = 20'000;
  Mutex mutex(LockRank::leaf);
  int counter = 0;
  std::vector<std::thread> running;

  for (int i = 0; i < threads; ++i)
    running.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const MutexLock lock(mutex);
        ++counter;
      }
    });
  for (std::thread& thread : running)
    thread.join();

  EXPECT_EQ(counter, threads * rounds);
}

TEST(Mutex, WakesEverybodyWhoSleeps) {
  constexpr int threads = 4;
  Mutex mutex(LockRank::leaf);
  std::atomic<int> arrived{0};
  int counter = 0;
  std::vector<std::thread> running;

  mutex.lock();
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&] {
      ++arrived;
      arrived.notify_all();
      const MutexLock lock(mutex);
      ++counter;
    });
  for (int seen = arrived; seen < threads; seen = arrived)
    arrived.wait(seen);
  // Several time slices: the threads are past spinning, whatever they do first.
  for (int i = 0; i < 100; ++i)
    std::this_thread::yield();
  mutex.unlock();
  for (std::thread& thread : running)
    thread.join();

  EXPECT_EQ(counter, threads);
}

TEST(Mutex, CountsWhoFindsItTaken) {
  Mutex mutex(LockRank::leaf);
  LockWaits waits;

  mutex.lock(waits);
  std::thread waiting([&] {
    mutex.lock(waits);
    mutex.unlock();
  });
  while (waits.now == 0)
    std::this_thread::yield();
  mutex.unlock();
  waiting.join();

  EXPECT_EQ(waits.now, 0u);
  EXPECT_EQ(waits.ever, 1u);
}

TEST(Mutex, TryLockFailsWhileSomebodyElseHoldsIt) {
  Mutex mutex(LockRank::leaf);
  bool taken = true;

  mutex.lock();
  std::thread([&] { taken = mutex.try_lock(); }).join();
  mutex.unlock();

  EXPECT_FALSE(taken);
  ASSERT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(Mutex, MayBeTakenInRisingRank) {
  Mutex shard(LockRank::shard);
  Mutex hub(LockRank::hub);
  Mutex leaf(LockRank::leaf);

  const MutexLock first(shard);
  const MutexLock second(hub);
  const MutexLock third(leaf);
}

TEST(Mutex, ShardsMayBeHeldTogether) {
  Mutex first(LockRank::shard);
  Mutex second(LockRank::shard);

  const MutexLock one(first);
  const MutexLock two(second);
}

#ifndef NDEBUG
TEST(MutexDeathTest, RefusesAFallingRank) {
  Mutex shard(LockRank::shard);
  Mutex hub(LockRank::hub);
  const MutexLock lock(hub);

  EXPECT_DEATH(shard.lock(), "DUPLEX BUG");
}

TEST(MutexDeathTest, RefusesTwoOfOneRankThatAreNoShards) {
  Mutex first(LockRank::log);
  Mutex second(LockRank::log);
  const MutexLock lock(first);

  EXPECT_DEATH(second.lock(), "DUPLEX BUG");
}

TEST(MutexDeathTest, RefusesToUnlockWhatThisThreadDoesNotHold) {
  Mutex mutex(LockRank::leaf);

  EXPECT_DEATH(mutex.unlock(), "DUPLEX BUG");
}
#endif

}  // namespace
}  // namespace duplex::base
