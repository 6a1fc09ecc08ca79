// Keys that are watched: values first, then every change.
#include "base/buffer.h"
#include "realtime/channel_state.h"
#include "realtime/live_key_board.h"
#include "support/command_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class LiveKeysTest : public CommandFixture, public realtime::CommandRunner {
 protected:
  LiveKeysTest() {
    services_.live_keys = &channels_;
    watcher_.state.protocol.store(resp::Protocol::resp3);
  }

  realtime::Ran run(std::span<const std::string_view> words, realtime::RunAs) override {
    base::Buffer out;
    commands::Request request{.args = words, .command = nullptr, .key = {}, .has_key = false};
    executor_->execute(watcher_.state, request, out);
    return {.reply = std::string(out.view())};
  }
  using CommandFixture::run;

  std::string value(std::string_view key) {
    const auto value = realtime::read_live_value(*this, realtime::RunAs::server, key);
    return value ? value->json : value.error();
  }
  // What was told since the last look.
  std::vector<std::string> told() { return std::exchange(watcher_.messages, {}); }

  realtime::ChannelState channels_{{}, 0, false};
  FakeClient watcher_;
  std::optional<std::int64_t> delay_ms_;
  realtime::LiveKeyBoard board_{
      subscribers_, channels_, *this, [this](std::int64_t ms) { delay_ms_ = ms; }};
};

TEST_F(LiveKeysTest, ReadsEveryType) {
  EXPECT_EQ(value("k"), R"("type":"none","value":null)");
  run("SET k text");
  EXPECT_EQ(value("k"), R"("type":"string","value":"text")");
  run("SET k 12");
  EXPECT_EQ(value("k"), R"("type":"string","value":"12")");
  run("SET k \"\\x80\\x01\"");
  EXPECT_EQ(value("k"), R"("type":"string","encoding":"base64","value":"gAE=")");
  run("SET k \"\\x00\"");
  EXPECT_EQ(value("k"), R"("type":"string","encoding":"base64","value":"AA==")");
  run("HSET h a 1 b 2");
  EXPECT_EQ(value("h"), R"("type":"hash","value":{"a":"1","b":"2"})");
  run("RPUSH l a 7");
  EXPECT_EQ(value("l"), R"("type":"list","value":["a","7"])");
  run("SADD s 1 2");
  EXPECT_EQ(value("s"), R"("type":"set","value":["1","2"])");
  run("ZADD z 1.5 a inf b");
  EXPECT_EQ(value("z"), R"("type":"zset","value":[["a",1.5],["b","inf"]])");
  run("XADD x 1-1 a b");
  EXPECT_EQ(value("x"), R"("type":"stream","value":null)");
}

TEST_F(LiveKeysTest, TellsValuesOnceInAnInterval) {
  run("SET k 1");
  const auto first = board_.add(watcher_, "k", realtime::RunAs::browser);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->json, R"("type":"string","value":"1")");

  run("SET other 1");
  EXPECT_FALSE(delay_ms_);
  run("SET k 2");
  run("INCR k");
  EXPECT_EQ(delay_ms_, realtime::LiveKeyBoard::interval_ms);
  EXPECT_THAT(told(), IsEmpty());
  board_.settle();
  EXPECT_THAT(told(), ElementsAre(R"(key:k {"type":"string","value":"3","version":2})"));
  board_.settle();
  EXPECT_THAT(told(), IsEmpty());

  run("DEL k");
  board_.settle();
  EXPECT_THAT(told(), ElementsAre(R"(key:k {"type":"none","value":null,"version":3})"));
  board_.remove(watcher_, "k");
  run("SET k 4");
  board_.settle();
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LiveKeysTest, OtherDatabasesAreNotWatched) {
  board_.add(watcher_, "k", realtime::RunAs::browser);
  run("SELECT 1");
  run("SET k 1");
  EXPECT_FALSE(delay_ms_);
}

TEST_F(LiveKeysTest, KeysThatEndAndDatabasesThatGoAreChanges) {
  run("SET k 1 PX 100");
  board_.add(watcher_, "k", realtime::RunAs::browser);
  advance_ms(200);
  EXPECT_EQ(run("GET k"), "nil");
  EXPECT_TRUE(delay_ms_);
  board_.settle();
  EXPECT_EQ(told().size(), 1u);
  run("SET k 1");
  board_.settle();
  told();
  run("FLUSHALL");
  board_.settle();
  ASSERT_EQ(watcher_.messages.size(), 1u);
  EXPECT_THAT(told()[0], StartsWith(R"(key:k {"type":"none")"));
}

TEST_F(LiveKeysTest, LargeValuesAreToldChangeByChange) {
  run("SETRANGE k 70000 x");
  ASSERT_TRUE(board_.add(watcher_, "k", realtime::RunAs::browser));

  run("SETBIT k 7 1");
  run("MULTI");
  run("setbit k 8 1");
  run("APPEND k y");
  run("EXEC");
  EXPECT_FALSE(delay_ms_);
  EXPECT_THAT(told(),
              ElementsAre(R"(key:k {"op":["SETBIT","k","7","1"],"version":1})",
                          R"(key:k {"op":["SETBIT","k","8","1"],"version":2})",
                          R"(key:k {"op":["APPEND","k","y"],"version":2})"));
  // What cannot be told so is told as a value.
  run("SET k small");
  EXPECT_THAT(told(), IsEmpty());
  run("SETBIT k 7 0");
  board_.settle();
  EXPECT_EQ(told().size(), 1u);
}

TEST_F(LiveKeysTest, EntriesOfStreamsArePublished) {
  channels_.watch("x");
  EXPECT_EQ(run(other_, "SUBSCRIBE stream:x"), R"(["subscribe" "stream:x" :1])");
  run("XADD x 1-1 a \"b\\xff\" c 1");
  run("XADD y 1-1 a b");
  EXPECT_THAT(other_.messages, ElementsAre(R"(stream:x {"a":"Yv8=","c":"1"})"));
  channels_.unwatch("x");
  run("XADD x 2-1 a b");
  EXPECT_EQ(other_.messages.size(), 1u);
}

TEST_F(LiveKeysTest, StreamsAreReadFromAPlace) {
  const std::string head = R"(["epoch" "s" "offset" :)";
  EXPECT_EQ(run("RT.STREAM x LIMIT 0"), head + R"(0 "publications" [] "complete" :1])");
  for (const std::string_view id : {"1-0", "1-1", "2-0"})
    run_args({"XADD", "x", id, "a", "b"});
  const std::string last = R"([:8192 "{\"a\":\"b\"}" nil nil])";
  EXPECT_EQ(run("RT.STREAM x SINCE 4097"),
            head + R"(8192 "publications" [)" + last + R"(] "complete" :1])");
  EXPECT_EQ(run("RT.STREAM x SINCE 4096 LIMIT 1"),
            head + R"(8192 "publications" [[:4097 "{\"a\":\"b\"}" nil nil]] "complete" :0])");
  EXPECT_EQ(run("RT.STREAM x REVERSE LIMIT 1"),
            head + R"(8192 "publications" [)" + last + R"(] "complete" :0])");
  run("XTRIM x MAXLEN 1");
  EXPECT_EQ(run("RT.STREAM x SINCE 4097 LIMIT 9"),
            head + R"(8192 "publications" [)" + last + R"(] "complete" :0])");
  EXPECT_EQ(run("RT.STREAM x SINCE 8192"), head + R"(8192 "publications" [] "complete" :1])");
  run("SET k v");
  EXPECT_THAT(run("RT.STREAM k"), StartsWith("-WRONGTYPE"));
}

}  // namespace
}  // namespace duplex::tests
