// The demo's server side with a runner that keeps the bits itself.
#include "ws/demo_board.h"

#include "ws/front_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace duplex::ws {
namespace {

using ::testing::ElementsAre;

class RecordingRunner : public realtime::CommandRunner {
 public:
  realtime::Ran run(std::span<const std::string_view> arguments, realtime::RunAs) override {
    std::string line;
    for (const std::string_view argument : arguments)
      line += (line.empty() ? "" : " ") + std::string(argument);
    log.push_back(line);
    if (arguments[0] == "GETRANGE") return {.reply = bitmap_reply};
    return {.reply = write_reply};
  }
  std::vector<std::string> log;
  std::string write_reply = ":0\r\n";
  std::string bitmap_reply = "$2\r\n\x01\x80\r\n";
};

class Listener : public pubsub::Subscriber {
 public:
  void deliver(const pubsub::Message& message, std::string_view) override {
    heard.emplace_back(message.payload());
  }
  std::vector<std::string> heard;
};

class DemoBoardTest : public FrontFixture {
 protected:
  DemoBoardTest() : board_(loop_, subscribers_, runner_) {}
  ~DemoBoardTest() override {
    on_loop([&] {
      board_.stop();
      subscribers_.unsubscribe(listener_, pubsub::Kind::channel, demo_changes);
    });
  }
  void SetUp() override {
    start(&board_);
    on_loop([&] {
      board_.start();
      subscribers_.subscribe(listener_, pubsub::Kind::channel, demo_changes);
    });
  }
  std::vector<std::string> log() {
    on_loop([] {});  // what was posted before is done
    return on_loop([&] { return runner_.log; });
  }

  RecordingRunner runner_;
  Listener listener_;
  DemoBoard board_;
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         DemoBoardTest,
                         ::testing::Values(net::BackendChoice::automatic),
                         [](const auto&) { return std::string("automatic"); });

TEST_P(DemoBoardTest, WritesAClickBeforeItTellsOfIt) {
  publish(demo_clicks, R"({"checked":true,"index":7,"more":1})");

  EXPECT_THAT(log(), ElementsAre("SETBIT demo:checkboxes 7 1", "SETBIT demo:checkboxes 7 1"));
  EXPECT_THAT(on_loop([&] { return listener_.heard; }),
              ElementsAre(R"({"index":7,"checked":true})"));
}

TEST_P(DemoBoardTest, DoesNotTellOfAClickThatCannotBeWritten) {
  runner_.write_reply = "-MISCONF no\r\n";

  publish(demo_clicks, R"({"index":7,"checked":true})");

  EXPECT_THAT(log(), ElementsAre("SETBIT demo:checkboxes 7 1"));
  EXPECT_THAT(on_loop([&] { return listener_.heard; }), ElementsAre());
}

TEST_P(DemoBoardTest, WritesWhatAnybodyPublishes) {
  publish(demo_changes, R"({"index":999,"checked":false})");
  publish(demo_changes, "nonsense");

  EXPECT_THAT(log(), ElementsAre("SETBIT demo:checkboxes 999 0"));
}

TEST_P(DemoBoardTest, ReadsWhatWasPublishedBefore) {
  std::optional<std::string> bitmap;
  on_loop([&] {
    subscribers_.publish(std::make_shared<const pubsub::Message>(
        pubsub::Kind::channel, demo_clicks, R"({"index":1,"checked":true})"));
    board_.read([&](std::optional<std::string> result) { bitmap = std::move(result); });
  });
  ASSERT_TRUE(eventually([&] { return bitmap.has_value(); }));

  EXPECT_THAT(log(),
              ElementsAre("SETBIT demo:checkboxes 1 1",
                          "GETRANGE demo:checkboxes 0 124",
                          "SETBIT demo:checkboxes 1 1"));  // what the channel said, again
  EXPECT_EQ(bitmap->size(), 125u);
  EXPECT_EQ(bitmap->substr(0, 2), "\x01\x80");
}

TEST_P(DemoBoardTest, SaysWhenTheKeyCannotBeRead) {
  for (const std::string_view reply : {"-WRONGTYPE x\r\n", "$x\r\n", ":1\r\n"}) {
    runner_.bitmap_reply = reply;
    bool done = false;
    std::optional<std::string> bitmap;
    on_loop([&] {
      board_.read([&](std::optional<std::string> result) {
        bitmap = std::move(result);
        done = true;
      });
    });
    ASSERT_TRUE(eventually([&] { return done; }));
    EXPECT_FALSE(bitmap.has_value()) << reply;
  }
}

TEST(BoxChange, IsReadFromJson) {
  const auto change = parse_box_change(R"({"index":0,"checked":true})");

  ASSERT_TRUE(change);
  EXPECT_EQ(change->index, 0u);
  EXPECT_TRUE(change->checked);
  EXPECT_EQ(format_box_change({.index = 12, .checked = false}), R"({"index":12,"checked":false})");
}

TEST(BoxChange, IsNothingElse) {
  for (const std::string_view payload : {"",
                                         "x",
                                         "{}",
                                         "[]",
                                         R"({"index":1000,"checked":true})",
                                         R"({"index":-1,"checked":true})",
                                         R"({"index":1.5,"checked":true})",
                                         R"({"index":"1","checked":true})",
                                         R"({"index":1,"checked":1})",
                                         R"({"index":1})",
                                         R"({"checked":true})",
                                         R"({"index":18446744073709551615,"checked":true})"})
    EXPECT_FALSE(parse_box_change(payload)) << payload;
  EXPECT_FALSE(
      parse_box_change(R"({"index":1,"checked":true,"x":")" + std::string(300, 'x') + "\"}"));
}

}  // namespace
}  // namespace duplex::ws
