// Deadlines on a clock of the test's own.
#include "ws/deadlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace duplex::ws {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Deadlines::Durations durations{1000, 2000, 500, 300};

class Waiter : public Deadlined {
 public:
  Waiter(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}

  void on_deadline(DeadlineKind kind) override {
    log_.push_back(name_ + std::to_string(static_cast<int>(kind)));
    now_ms_ += 2000;
    if (again_ != nullptr) again_->set(*this, DeadlineKind::ping, now_ms_);
  }
  void repeat(Deadlines& deadlines) { again_ = &deadlines; }

 private:
  std::string name_;
  std::vector<std::string>& log_;
  Deadlines* again_ = nullptr;
  std::int64_t now_ms_ = 0;
};

TEST(Deadlines, TellsThoseThatAreDue) {
  std::vector<std::string> log;
  Deadlines deadlines(durations);
  Waiter a("a", log), b("b", log), c("c", log);
  deadlines.set(a, DeadlineKind::connect, 0);
  deadlines.set(b, DeadlineKind::pong, 0);
  deadlines.set(c, DeadlineKind::connect, 400);

  EXPECT_EQ(deadlines.next_due_ms(), 500);
  deadlines.run(499);
  EXPECT_THAT(log, IsEmpty());
  deadlines.run(500);
  EXPECT_THAT(log, ElementsAre("b2"));
  EXPECT_EQ(deadlines.next_due_ms(), 1000);
  deadlines.run(5000);
  EXPECT_THAT(log, ElementsAre("b2", "a0", "c0"));
  EXPECT_EQ(deadlines.next_due_ms(), std::nullopt);
}

TEST(Deadlines, ReplacesAndClears) {
  std::vector<std::string> log;
  Deadlines deadlines(durations);
  Waiter a("a", log), b("b", log), c("c", log);
  for (Waiter* waiter : {&a, &b, &c})
    deadlines.set(*waiter, DeadlineKind::connect, 0);
  deadlines.set(b, DeadlineKind::ping, 0);
  deadlines.clear(a);
  deadlines.clear(a);

  deadlines.run(1000);
  EXPECT_THAT(log, ElementsAre("c0"));
  deadlines.run(2000);
  EXPECT_THAT(log, ElementsAre("c0", "b1"));
}

TEST(Deadlines, ForgetsWhoIsGone) {
  std::vector<std::string> log;
  Deadlines deadlines(durations);
  auto first = std::make_unique<Waiter>("first", log);
  auto second = std::make_unique<Waiter>("second", log);
  deadlines.set(*first, DeadlineKind::close, 0);
  deadlines.set(*second, DeadlineKind::close, 0);
  first.reset();

  deadlines.run(1000);
  EXPECT_THAT(log, ElementsAre("second3"));
  second.reset();
  EXPECT_EQ(deadlines.next_due_ms(), std::nullopt);
}

TEST(Deadlines, MayBeSetAgainWhenTold) {
  std::vector<std::string> log;
  Deadlines deadlines(durations);
  Waiter a("a", log);
  a.repeat(deadlines);
  deadlines.set(a, DeadlineKind::ping, 0);

  deadlines.run(2000);
  EXPECT_EQ(deadlines.next_due_ms(), 4000);
  deadlines.run(4000);
  EXPECT_THAT(log, ElementsAre("a1", "a1"));
}

TEST(Deadlines, NeighboursShareAWakeUp) {
  std::vector<std::string> log;
  Deadlines deadlines(durations);
  Waiter a("a", log), b("b", log);
  deadlines.set(a, DeadlineKind::connect, 1);
  deadlines.set(b, DeadlineKind::connect, 99);

  EXPECT_EQ(deadlines.next_due_ms(), 1100);
  deadlines.run(1100);
  EXPECT_THAT(log, ElementsAre("a0", "b0"));
}

}  // namespace
}  // namespace duplex::ws
