// MONITOR: what is shown, to whom, and until when.
#include "commands/monitors.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {

namespace {

class MonitorTest : public CommandFixture {
 protected:
  // What the other client was shown since the last look, without the times: "[0 …] …" lines.
  std::string shown() {
    std::string text;
    for (const std::string& line : other_.messages) {
      if (!text.empty()) text += '\n';
      text += line.substr(line.find('['));
    }
    other_.messages.clear();
    return text;
  }
};

TEST(MonitorLine, ShowsEveryByteOfTheArguments) {
  const std::vector<std::string_view> args{"SET", std::string_view("a\"\\\n\r\t\a\b\0\xff ~", 12)};
  EXPECT_EQ(commands::monitor_line(1'700'000'000'000'123, 3, "lua", args),
            "1700000000.000123 [3 lua] \"SET\" \"a\\\"\\\\\\n\\r\\t\\a\\b\\x00\\xff ~\"");
}

TEST(MonitorLine, NamesTheSocketOfUnixClients) {
  commands::Client client;
  client.address = "127.0.0.1:50000";
  EXPECT_EQ(commands::monitor_source(client), "127.0.0.1:50000");
  client.address = "/tmp/duplex.sock:0";
  EXPECT_EQ(commands::monitor_source(client), "unix:/tmp/duplex.sock");
}

TEST_F(MonitorTest, ShowsTheCommandsOfOthersAndItsOwn) {
  EXPECT_EQ(run(other_, "MONITOR"), "+OK");
  run("set k v");
  run("SELECT 2");
  run(other_, "PING");
  EXPECT_EQ(shown(),
            "[0 127.0.0.1:50000] \"set\" \"k\" \"v\"\n"
            "[2 127.0.0.1:50000] \"SELECT\" \"2\"\n"
            "[0 127.0.0.1:50000] \"PING\"");
}

TEST_F(MonitorTest, ShowsNoRefusedAndNoAdministrativeCommands) {
  run(other_, "MONITOR");
  run("GET");
  run("NOSUCH");
  run("CONFIG GET port");
  run("SLOWLOG LEN");
  EXPECT_EQ(shown(), "");
}

TEST_F(MonitorTest, HidesSecrets) {
  run(other_, "MONITOR");
  run("HELLO 2 AUTH default secret");
  EXPECT_EQ(shown(), "[0 127.0.0.1:50000] \"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\"");
}

TEST_F(MonitorTest, ShowsATransactionWhenItIsExecuted) {
  run(other_, "MONITOR");
  run("MULTI");
  EXPECT_EQ(shown(), "[0 127.0.0.1:50000] \"MULTI\"");
  run("SET k v");
  run("GET k");
  EXPECT_EQ(shown(), "");
  run("EXEC");
  EXPECT_EQ(shown(),
            "[0 127.0.0.1:50000] \"SET\" \"k\" \"v\"\n"
            "[0 127.0.0.1:50000] \"GET\" \"k\"\n"
            "[0 127.0.0.1:50000] \"EXEC\"");
}

TEST_F(MonitorTest, ShowsAScriptBeforeWhatItCalls) {
  run(other_, "MONITOR");
  run("EVAL \"return redis.call('GET', 'k')\" 0");
  EXPECT_EQ(shown(),
            "[0 127.0.0.1:50000] \"EVAL\" \"return redis.call('GET', 'k')\" \"0\"\n"
            "[0 lua] \"GET\" \"k\"");
}

TEST_F(MonitorTest, ShowsACommandThatWaitsOnce) {
  run(other_, "MONITOR");
  run("BLPOP list 0");
  EXPECT_EQ(shown(), "[0 127.0.0.1:50000] \"BLPOP\" \"list\" \"0\"");
  FakeClient third;
  clients_.add(third.state);
  run(third, "RPUSH list x");
  EXPECT_EQ(shown(), "[0 127.0.0.1:50000] \"RPUSH\" \"list\" \"x\"");
  clients_.remove(third.state);
  base::Buffer out;
  EXPECT_TRUE(executor_->go_on(client_.state, out));
}

TEST_F(MonitorTest, AMonitorDoesNotTouchKeys) {
  run(other_, "MONITOR");
  EXPECT_EQ(run(other_, "GET k"), "-ERR Replica can't interact with the keyspace");
  EXPECT_EQ(run(other_, "SET k v"), "-ERR Replica can't interact with the keyspace");
  EXPECT_EQ(run(other_, "PUBLISH c m"), "-ERR Replica can't interact with the keyspace");
  EXPECT_EQ(run(other_, "MONITOR"), "");
}

TEST_F(MonitorTest, IsRefusedInATransaction) {
  run("MULTI");
  run("MONITOR");
  EXPECT_EQ(run("EXEC"), "[-ERR MONITOR isn't allowed for DENY BLOCKING client]");
  EXPECT_FALSE(client_.state.is_monitor);
}

TEST_F(MonitorTest, EndsWithResetAndWithTheClient) {
  run(other_, "MONITOR");
  EXPECT_TRUE(observation_.has_monitors());
  EXPECT_EQ(run(other_, "RESET"), "+RESET");
  EXPECT_FALSE(observation_.has_monitors());
  run("PING");
  EXPECT_EQ(shown(), "");
  run(other_, "MONITOR");
  executor_->forget(other_.state);
  EXPECT_FALSE(observation_.has_monitors());
}

}  // namespace

}  // namespace duplex::tests
