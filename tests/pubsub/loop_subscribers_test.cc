// The subscribers of a loop: who gets which message, through which pattern, in which order.
#include "pubsub/loop_subscribers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::pubsub {
namespace {

using Seen = std::vector<std::string>;

class Recorder : public Subscriber {
 public:
  void deliver(const Message& message, std::string_view pattern) override {
    seen.push_back(std::string(pattern) + "|" + std::string(message.channel()) + "|" +
                   std::string(message.payload()));
  }

  Seen seen;
};

MessagePtr message(std::string_view channel, std::string_view payload, Kind kind = Kind::channel) {
  return std::make_shared<const Message>(kind, channel, payload);
}

TEST(LoopSubscribers, DeliverToThisLoopOnlyWhenAsked) {
  Hub hub(1);
  LoopSubscribers subscribers(hub, 0);
  Recorder recorder;
  subscribers.subscribe(recorder, Kind::channel, "news");

  EXPECT_EQ(subscribers.publish(message("news", "1")), 1u);
  EXPECT_EQ(recorder.seen, Seen{});
  subscribers.deliver_waiting();
  subscribers.deliver_waiting();

  EXPECT_EQ(recorder.seen, Seen{"|news|1"});
}

TEST(LoopSubscribers, DeliverOncePerSubscriptionThatMatches) {
  Hub hub(1);
  LoopSubscribers subscribers(hub, 0);
  Recorder both;
  Recorder other;
  subscribers.subscribe(both, Kind::channel, "news");
  subscribers.subscribe(both, Kind::pattern, "n*");
  subscribers.subscribe(other, Kind::pattern, "[a-m]*");

  EXPECT_EQ(subscribers.publish(message("news", "1")), 2u);
  EXPECT_EQ(subscribers.publish(message("mail", "2")), 1u);
  subscribers.deliver_waiting();

  EXPECT_EQ(both.seen, (Seen{"|news|1", "n*|news|1"}));
  EXPECT_EQ(other.seen, Seen{"[a-m]*|mail|2"});
}

TEST(LoopSubscribers, ShardMessagesMatchNoPattern) {
  Hub hub(1);
  LoopSubscribers subscribers(hub, 0);
  Recorder pattern;
  Recorder shard;
  subscribers.subscribe(pattern, Kind::pattern, "*");
  subscribers.subscribe(pattern, Kind::channel, "news");
  subscribers.subscribe(shard, Kind::shard, "news");

  EXPECT_EQ(subscribers.publish(message("news", "1", Kind::shard)), 1u);
  subscribers.deliver_waiting();

  EXPECT_EQ(pattern.seen, Seen{});
  EXPECT_EQ(shard.seen, Seen{"|news|1"});
}

TEST(LoopSubscribers, NothingArrivesAfterUnsubscribing) {
  Hub hub(1);
  LoopSubscribers subscribers(hub, 0);
  Recorder leaves;
  Recorder stays;
  subscribers.subscribe(leaves, Kind::channel, "news");
  subscribers.subscribe(stays, Kind::channel, "news");

  subscribers.publish(message("news", "1"));
  subscribers.unsubscribe(leaves, Kind::channel, "news");
  subscribers.deliver_waiting();
  EXPECT_EQ(subscribers.publish(message("news", "2")), 1u);
  subscribers.deliver_waiting();

  EXPECT_EQ(leaves.seen, Seen{});
  EXPECT_EQ(stays.seen, (Seen{"|news|1", "|news|2"}));
}

TEST(LoopSubscribers, SeveralLoopsGetOneOrder) {
  Hub hub(2);
  LoopSubscribers first(hub, 0);
  LoopSubscribers second(hub, 1);
  Recorder on_first;
  Recorder on_second;
  first.subscribe(on_first, Kind::channel, "news");
  second.subscribe(on_second, Kind::channel, "news");

  first.publish(message("news", "1"));
  second.publish(message("news", "2"));
  first.publish(message("news", "3"));
  second.deliver_waiting();
  first.deliver_waiting();

  EXPECT_EQ(on_first.seen, (Seen{"|news|1", "|news|2", "|news|3"}));
  EXPECT_EQ(on_second.seen, on_first.seen);
  EXPECT_EQ(second.loop(), 1u);
  EXPECT_EQ(&second.hub(), &hub);
}

TEST(LoopSubscribersDeathTest, RefuseToUnsubscribeAStranger) {
  Hub hub(1);
  LoopSubscribers subscribers(hub, 0);
  Recorder recorder;
  Recorder stranger;
  subscribers.subscribe(recorder, Kind::channel, "news");

  EXPECT_DEATH(subscribers.unsubscribe(stranger, Kind::channel, "news"), "DUPLEX BUG");
}

}  // namespace
}  // namespace duplex::pubsub
