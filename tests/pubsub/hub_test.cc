// The hub: who counts as a receiver, who is woken how often, and one order for all loops.
#include "pubsub/hub.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace duplex::pubsub {
namespace {

using Names = std::vector<std::string>;

MessagePtr message(std::string_view channel, std::string_view payload = "payload") {
  return std::make_shared<const Message>(Kind::channel, channel, payload);
}

Names payloads(const std::vector<MessagePtr>& messages) {
  Names result;
  for (const MessagePtr& m : messages)
    result.emplace_back(m->payload());
  return result;
}

TEST(Hub, NobodyReceivesWithoutASubscription) {
  Hub hub(2);

  EXPECT_EQ(hub.publish(0, message("news")), 0u);
  EXPECT_FALSE(hub.has_messages(0));
  EXPECT_TRUE(hub.take(0).empty());
}

TEST(Hub, CountsSubscriptionsOfAllLoopsAndPatterns) {
  Hub hub(3);
  hub.subscribe(0, Kind::channel, "news");
  hub.subscribe(0, Kind::channel, "news");
  hub.subscribe(1, Kind::channel, "news");
  hub.subscribe(1, Kind::pattern, "n*");
  hub.subscribe(2, Kind::pattern, "x*");
  hub.subscribe(2, Kind::shard, "news");

  EXPECT_EQ(hub.publish(0, message("news")), 4u);
  EXPECT_EQ(hub.take(0).size(), 1u);
  EXPECT_EQ(hub.take(1).size(), 1u);
  EXPECT_FALSE(hub.has_messages(2));
}

TEST(Hub, TellsNobodyOfSubscriptionsThatAreNotSeen) {
  Hub hub(2);
  hub.subscribe(0, Kind::channel, "news", Seen::no);
  hub.subscribe(1, Kind::pattern, "n*", Seen::no);

  EXPECT_EQ(hub.publish(1, message("news")), 0u);
  EXPECT_EQ(hub.take(0).size(), 1u);
  EXPECT_EQ(hub.take(1).size(), 1u);
  EXPECT_TRUE(hub.channels(Kind::channel, "").empty());
  EXPECT_EQ(hub.subscriber_count(Kind::channel, "news"), 0u);
  EXPECT_EQ(hub.channel_count(Kind::channel) + hub.pattern_count(), 0u);

  hub.subscribe(1, Kind::channel, "news");
  EXPECT_EQ(hub.publish(1, message("news")), 1u);
  EXPECT_EQ(hub.channels(Kind::channel, ""), (Names{"news"}));
  hub.unsubscribe(0, Kind::channel, "news", Seen::no);
  EXPECT_EQ(hub.subscriber_count(Kind::channel, "news"), 1u);
  hub.unsubscribe(1, Kind::channel, "news");
  EXPECT_EQ(hub.channel_count(Kind::channel), 0u);
  EXPECT_EQ(hub.publish(0, message("news")), 0u);
}

TEST(Hub, HasPatternsOfItsOwnForShardChannels) {
  Hub hub(2);
  hub.subscribe(0, Kind::shard_pattern, "n*", Seen::no);
  hub.subscribe(1, Kind::pattern, "n*");

  EXPECT_EQ(hub.publish(1, std::make_shared<const Message>(Kind::shard, "news", "p")), 0u);
  EXPECT_EQ(hub.take(0).size(), 1u);
  EXPECT_FALSE(hub.has_messages(1));
  EXPECT_EQ(hub.publish(1, message("news")), 1u);
  EXPECT_FALSE(hub.has_messages(0));
}

TEST(Hub, ShardMessagesReachShardSubscribersOnly) {
  Hub hub(2);
  hub.subscribe(0, Kind::channel, "news");
  hub.subscribe(0, Kind::pattern, "*");
  hub.subscribe(1, Kind::shard, "news");

  EXPECT_EQ(hub.publish(0, std::make_shared<const Message>(Kind::shard, "news", "p")), 1u);
  EXPECT_FALSE(hub.has_messages(0));
  EXPECT_EQ(hub.take(1).size(), 1u);
}

TEST(Hub, ForgetsANameWithItsLastSubscriber) {
  Hub hub(2);
  hub.subscribe(0, Kind::channel, "news");
  hub.subscribe(1, Kind::channel, "news");

  hub.unsubscribe(0, Kind::channel, "news");
  EXPECT_EQ(hub.subscriber_count(Kind::channel, "news"), 1u);
  EXPECT_EQ(hub.publish(1, message("news")), 1u);
  EXPECT_FALSE(hub.has_messages(0));
  hub.unsubscribe(1, Kind::channel, "news");

  EXPECT_EQ(hub.subscriber_count(Kind::channel, "news"), 0u);
  EXPECT_EQ(hub.channel_count(Kind::channel), 0u);
  EXPECT_EQ(hub.publish(0, message("news")), 0u);
}

TEST(Hub, ListsChannelsByGlobInOrder) {
  Hub hub(1);
  for (const std::string_view name : {"b", "a1", "c", "a2"})
    hub.subscribe(0, Kind::channel, name);
  hub.subscribe(0, Kind::shard, "s");
  hub.subscribe(0, Kind::pattern, "p*");
  hub.subscribe(0, Kind::pattern, "q*");
  hub.subscribe(0, Kind::pattern, "q*");

  EXPECT_EQ(hub.channels(Kind::channel, ""), (Names{"a1", "a2", "b", "c"}));
  EXPECT_EQ(hub.channels(Kind::channel, "a?"), (Names{"a1", "a2"}));
  EXPECT_EQ(hub.channels(Kind::channel, "s"), Names{});
  EXPECT_EQ(hub.channels(Kind::shard, ""), Names{"s"});
  EXPECT_EQ(hub.pattern_count(), 2u);
  EXPECT_EQ(hub.channel_count(Kind::channel), 4u);
}

TEST(Hub, WakesALoopOnceUntilItTakes) {
  Hub hub(2);
  std::array<int, 2> wakes{};
  for (std::size_t loop = 0; loop < 2; ++loop) {
    hub.attach(loop, [&wakes, loop] { ++wakes[loop]; });
    hub.subscribe(loop, Kind::channel, "news");
  }

  hub.publish(0, message("news", "1"));
  hub.publish(0, message("news", "2"));
  EXPECT_EQ(wakes, (std::array{0, 1}));
  EXPECT_EQ(payloads(hub.take(1)), (Names{"1", "2"}));
  hub.publish(0, message("news", "3"));

  EXPECT_EQ(wakes, (std::array{0, 2}));
  EXPECT_EQ(payloads(hub.take(1)), Names{"3"});
  EXPECT_EQ(payloads(hub.take(0)), (Names{"1", "2", "3"}));
}

// Every loop publishes and takes; what they take must be one sequence for all.
TEST(Hub, AllLoopsSeeOneOrder) {
  constexpr std::size_t loops = 3;
  constexpr std::size_t messages_each = 2000;
  Hub hub(loops);
  std::array<std::atomic<bool>, loops> woken{};
  std::array<Names, loops> seen;
  for (std::size_t loop = 0; loop < loops; ++loop) {
    hub.attach(loop, [&woken, loop] {
      woken[loop] = true;
      woken[loop].notify_one();
    });
    hub.subscribe(loop, Kind::channel, "news");
  }
  std::vector<std::thread> threads;

  for (std::size_t loop = 0; loop < loops; ++loop)
    threads.emplace_back([&, loop] {
      const auto take = [&] {
        for (const MessagePtr& m : hub.take(loop))
          seen[loop].emplace_back(m->payload());
      };
      for (std::size_t i = 0; i < messages_each; ++i) {
        hub.publish(loop, message("news", std::to_string(loop) + ":" + std::to_string(i)));
        take();
      }
      // From here on only wakes tell that there is more.
      while (seen[loop].size() < loops * messages_each) {
        woken[loop] = false;
        take();
        if (seen[loop].size() < loops * messages_each) woken[loop].wait(false);
      }
    });
  for (std::thread& thread : threads)
    thread.join();

  for (std::size_t loop = 0; loop < loops; ++loop)
    EXPECT_EQ(seen[loop], seen[0]) << "loop " << loop;
}

TEST(HubDeathTest, RefusesToUnsubscribeWhatIsNotSubscribed) {
  Hub hub(2);
  hub.subscribe(0, Kind::channel, "news");

  EXPECT_DEATH(hub.unsubscribe(0, Kind::channel, "other"), "DUPLEX BUG");
  EXPECT_DEATH(hub.unsubscribe(1, Kind::pattern, "news"), "DUPLEX BUG");
}

}  // namespace
}  // namespace duplex::pubsub
