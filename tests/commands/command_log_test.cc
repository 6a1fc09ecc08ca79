// SLOWLOG and COMMANDLOG: which commands are kept, and what of them.
#include "commands/command_log.h"

#include "commands/redaction.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {

namespace {

using commands::CommandLogType;

class CommandLogTest : public CommandFixture {
 protected:
  // Everything is slow, large requests have 100 bytes and large replies 50.
  void log_everything(std::size_t length_max = 128) {
    observation_.configure({.logs = {{{0, length_max}, {100, length_max}, {50, length_max}}},
                            .latency_threshold_ms = 0});
  }
  // The commands in a log, the newest first: "GET k | SET k v".
  std::string logged_commands(CommandLogType type) {
    std::string text;
    for (const commands::CommandLogEntry& entry : observation_.log(type).newest(100)) {
      if (!text.empty()) text += " | ";
      for (std::size_t i = 0; i < entry.args.size(); ++i)
        text += (i == 0 ? "" : " ") + entry.args[i];
    }
    return text;
  }
};

TEST_F(CommandLogTest, IsEmptyUnlessItIsSwitchedOn) {
  run("SET k v");
  EXPECT_EQ(run("SLOWLOG LEN"), ":0");
  EXPECT_EQ(run("SLOWLOG GET"), "[]");
}

TEST_F(CommandLogTest, KeepsTheNewestFirstAndNotMoreThanItsLength) {
  log_everything(2);
  run("SET k v");
  run("GET k");
  run("DEL k");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "DEL k | GET k");
  const auto newest = observation_.log(CommandLogType::slow).newest(1);
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].id, 2u);
  EXPECT_EQ(newest[0].time_s, start_ms / 1000);
  EXPECT_EQ(newest[0].address, "127.0.0.1:50000");
}

TEST_F(CommandLogTest, NamesTheClient) {
  run("CLIENT SETNAME me");
  log_everything();
  run("PING");
  EXPECT_EQ(observation_.log(CommandLogType::slow).newest(1)[0].client_name, "me");
}

TEST_F(CommandLogTest, ALengthOfZeroKeepsNothing) {
  log_everything(0);
  run("SET k v");
  EXPECT_EQ(run("SLOWLOG LEN"), ":0");
}

TEST_F(CommandLogTest, ResetForgetsTheEntriesButCountsOn) {
  log_everything();
  run("SET k v");
  run("SLOWLOG RESET");
  const auto entries = observation_.log(CommandLogType::slow).newest(10);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].args[1], "RESET");
  EXPECT_EQ(entries[0].id, 1u);
}

TEST_F(CommandLogTest, TransactionsAreLoggedCommandByCommand) {
  log_everything();
  run("MULTI");
  run("SET k v");
  run("EXEC");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "SET k v | MULTI");
}

TEST_F(CommandLogTest, WhatAScriptCallsIsLoggedUnderItsClient) {
  log_everything();
  run("EVAL \"return redis.call('PING')\" 0");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "EVAL return redis.call('PING') 0 | PING");
  for (const auto& entry : observation_.log(CommandLogType::slow).newest(2))
    EXPECT_EQ(entry.address, "127.0.0.1:50000");
}

TEST_F(CommandLogTest, ACommandThatWaitsIsLoggedWhenItIsServed) {
  log_everything();
  run(other_, "BLPOP list 0");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "");
  run("RPUSH list x");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "BLPOP list 0 | RPUSH list x");
  base::Buffer out;
  EXPECT_TRUE(executor_->go_on(other_.state, out));
}

TEST_F(CommandLogTest, RefusedCommandsAreNotLogged) {
  log_everything();
  run("GET");
  run("NOSUCH");
  EXPECT_EQ(logged_commands(CommandLogType::slow), "");
}

TEST_F(CommandLogTest, LargeRequestsAndRepliesHaveLogsOfTheirOwn) {
  log_everything();
  const std::string value(100, 'v');
  run_args({"SET", "k", value});
  run("GET k");
  run("STRLEN k");
  EXPECT_EQ(logged_commands(CommandLogType::large_request), "SET k " + value);
  EXPECT_EQ(logged_commands(CommandLogType::large_reply), "GET k");
  const auto request = observation_.log(CommandLogType::large_request).newest(1);
  EXPECT_EQ(request[0].value,
            std::string_view("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n\r\n").size() + 100);
  const auto reply = observation_.log(CommandLogType::large_reply).newest(1);
  EXPECT_EQ(reply[0].value, std::string_view("$100\r\n\r\n").size() + 100);
}

TEST_F(CommandLogTest, TheThreeLogsAreReadByTheirNames) {
  log_everything();
  run("COMMANDLOG RESET slow");
  play({{"COMMANDLOG LEN SLOW", ":1"},
        {"COMMANDLOG LEN large-request", ":0"},
        {"COMMANDLOG RESET large-reply", "+OK"},
        {"COMMANDLOG LEN other",
         "-ERR type should be one of the following: slow, large-request, large-reply"},
        {"COMMANDLOG GET -2 slow", "-ERR count should be greater than or equal to -1"}});
}

TEST(KeptArgs, CutsLongArgumentsAndManyOfThem) {
  const std::string at_limit(128, 'a');
  const std::string over_limit(130, 'a');
  const std::vector<std::string_view> cut{"SET", at_limit, over_limit};
  EXPECT_EQ(commands::kept_args(cut),
            (std::vector<std::string>{"SET", at_limit, at_limit + "... (2 more bytes)"}));
  const std::vector<std::string_view> at_count(32, "x");
  EXPECT_EQ(commands::kept_args(at_count).back(), "x");
  const std::vector<std::string_view> over_count(33, "x");
  const auto kept = commands::kept_args(over_count);
  EXPECT_EQ(kept.size(), 32u);
  EXPECT_EQ(kept[30], "x");
  EXPECT_EQ(kept.back(), "... (2 more arguments)");
}

TEST_F(CommandLogTest, SecretsAreHidden) {
  struct Case {
    std::string_view name;
    std::vector<std::string_view> args;
    std::vector<std::string_view> shown;
  };
  const Case cases[] = {
      {"nothing to hide", {"SET", "AUTH", "x"}, {"SET", "AUTH", "x"}},
      {"AUTH", {"auth", "p"}, {"auth", "(redacted)"}},
      {"AUTH with a user", {"AUTH", "u", "p"}, {"AUTH", "(redacted)", "(redacted)"}},
      {"HELLO", {"HELLO", "3", "SETNAME", "n"}, {"HELLO", "3", "SETNAME", "n"}},
      {"HELLO AUTH",
       {"HELLO", "3", "SETNAME", "n", "auth", "u", "p"},
       {"HELLO", "3", "SETNAME", "n", "auth", "(redacted)", "(redacted)"}},
      {"HELLO AUTH that is cut", {"HELLO", "3", "AUTH", "u"}, {"HELLO", "3", "AUTH", "u"}},
      {"MIGRATE",
       {"MIGRATE", "h", "1", "AUTH", "0", "9", "AUTH", "p", "COPY"},
       {"MIGRATE", "h", "1", "AUTH", "0", "9", "AUTH", "(redacted)", "COPY"}},
      {"MIGRATE with a user",
       {"MIGRATE", "h", "1", "", "0", "9", "AUTH2", "u", "p", "KEYS", "a"},
       {"MIGRATE", "h", "1", "", "0", "9", "AUTH2", "(redacted)", "(redacted)", "KEYS", "a"}},
      {"MIGRATE of keys with such names",
       {"MIGRATE", "h", "1", "", "0", "9", "KEYS", "AUTH", "a"},
       {"MIGRATE", "h", "1", "", "0", "9", "KEYS", "AUTH", "a"}},
      {"CONFIG SET",
       {"CONFIG", "SET", "port", "1", "requirepass", "p"},
       {"CONFIG", "SET", "port", "1", "requirepass", "(redacted)"}},
      {"CONFIG GET", {"CONFIG", "GET", "requirepass"}, {"CONFIG", "GET", "requirepass"}},
      {"ACL SETUSER",
       {"ACL", "SETUSER", "u", ">p"},
       {"ACL", "SETUSER", "(redacted)", "(redacted)"}},
      {"ACL GETUSER", {"ACL", "GETUSER", "u"}, {"ACL", "GETUSER", "(redacted)"}},
      {"ACL DELUSER", {"ACL", "DELUSER", "u"}, {"ACL", "DELUSER", "(redacted)"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const commands::Command* command = table_.find_request(c.args);
    ASSERT_NE(command, nullptr);
    EXPECT_EQ(commands::without_secrets(*command, c.args, config_), c.shown);
  }
}

}  // namespace

}  // namespace duplex::tests
