// Answers of programs: who gets them, when they are too late, and what is left behind.
#include "realtime/replies.h"

#include "pubsub/hub.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {
namespace {

class RepliesTest : public ::testing::Test {
 protected:
  RepliesTest() {
    hub_.attach(0, [] {});
    hub_.attach(1, [] {});
  }

  Replies::Done keep() {
    return [this](const Answer& answer) { answers_.push_back(answer); };
  }
  // What RT.REPLY does, on another loop.
  std::size_t answer(std::string_view token, const Answer& answer) {
    const std::size_t receivers = other_.publish(std::make_shared<const pubsub::Message>(
        pubsub::Kind::control, reply_channel(token), write_answer(answer)));
    subscribers_.deliver_waiting();
    return receivers;
  }

  pubsub::Hub hub_{2};
  pubsub::LoopSubscribers subscribers_{hub_, 0};
  pubsub::LoopSubscribers other_{hub_, 1};
  std::vector<std::int64_t> delays_;
  std::optional<Replies> replies_{
      std::in_place, subscribers_, [this](std::int64_t delay_ms) { delays_.push_back(delay_ms); }};
  std::vector<Answer> answers_;
};

TEST_F(RepliesTest, HandsOutAnAnswerOnce) {
  const std::string token = replies_->expect(1000, keep());
  EXPECT_EQ(token.size(), 32u);

  EXPECT_EQ(answer(token, R"({"a":1})"), 1u);
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(delays_, (std::vector<std::int64_t>{reply_timeout_ms, 0}));
  replies_->settle(1001);

  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0], R"({"a":1})");
  EXPECT_EQ(answer(token, "2"), 0u);
  replies_->settle(1002);
  EXPECT_EQ(answers_.size(), 1u);
}

TEST_F(RepliesTest, HandsOutRefusals) {
  const std::string token = replies_->expect(1000, keep());
  answer(token, std::unexpected(Refusal{.code = 4321, .message = "not today"}));
  replies_->settle(1001);

  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].error().code, 4321u);
  EXPECT_EQ(answers_[0].error().message, "not today");
  EXPECT_FALSE(answers_[0].error().is_overdue);
}

TEST_F(RepliesTest, RefusesWhatNobodyAnswers) {
  replies_->expect(1000, keep());
  replies_->expect(1500, keep());
  replies_->settle(1000 + reply_timeout_ms - 1);
  EXPECT_TRUE(answers_.empty());
  replies_->settle(1000 + reply_timeout_ms);

  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].error().code, 100u);
  EXPECT_TRUE(answers_[0].error().is_overdue);
  EXPECT_EQ(delays_, (std::vector<std::int64_t>{reply_timeout_ms, 500}));
  EXPECT_EQ(replies_->waiting(), 1u);
}

TEST_F(RepliesTest, ForgetsWhatIsNotWanted) {
  const std::string token = replies_->expect(1000, keep());
  replies_->forget(token);
  replies_->forget("unknown");

  EXPECT_EQ(answer(token, "1"), 0u);
  replies_->settle(1000 + reply_timeout_ms);
  EXPECT_TRUE(answers_.empty());
}

TEST_F(RepliesTest, LetsAnAnswerAskAgain) {
  std::string second;
  const std::string first =
      replies_->expect(1000, [&](const Answer&) { second = replies_->expect(1001, keep()); });
  answer(first, "1");
  replies_->settle(1001);
  answer(second, "2");
  replies_->settle(1002);

  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0], "2");
}

TEST_F(RepliesTest, LeavesNoSubscriptionBehind) {
  replies_->expect(1000, keep());
  replies_.reset();

  EXPECT_EQ(hub_.channel_count(pubsub::Kind::control), 0u);
}

}  // namespace
}  // namespace duplex::realtime
