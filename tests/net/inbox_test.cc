// Tasks arrive in order and a sleeping receiver is woken once.
#include "net/inbox.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <unistd.h>
#include <vector>

namespace duplex::net {
namespace {

std::uint64_t wake_ups(const Inbox& inbox) {
  std::uint64_t count = 0;
  return ::read(inbox.fd, &count, sizeof count) == sizeof count ? count : 0;
}

TEST(Inbox, DoesNotWakeAReceiverThatIsAwake) {
  Inbox inbox;

  inbox.post([] {});

  EXPECT_EQ(wake_ups(inbox), 0u);
  EXPECT_FALSE(inbox.may_sleep());
}

TEST(Inbox, WakesASleeperOnceForABatchFromManyThreads) {
  Inbox inbox;
  ASSERT_TRUE(inbox.may_sleep());

  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        inbox.post([] {});
    });
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(wake_ups(inbox), 1u);
  std::vector<Task> tasks;
  inbox.take(tasks);
  EXPECT_EQ(tasks.size(), 8000u);
  EXPECT_TRUE(inbox.may_sleep());
}

TEST(Inbox, KeepsTheOrderOfPosting) {
  Inbox inbox;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i)
    inbox.post([&order, i] { order.push_back(i); });

  std::vector<Task> tasks;
  inbox.take(tasks);
  for (Task& task : tasks)
    task();

  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Inbox, DestroysTasksThatNeverRun) {
  const auto witness = std::make_shared<int>(0);
  {
    Inbox inbox;
    inbox.post([witness] {});
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace duplex::net
