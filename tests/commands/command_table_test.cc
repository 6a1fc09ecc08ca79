// The command table: names, and other names.
#include "commands/command_table.h"

#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

class RenamedCommandsTest : public CommandFixture {
 protected:
  std::string rename(std::string_view from, std::string_view to) {
    return std::string(table_.rename(from, to).value_or("renamed"));
  }
};

TEST_F(RenamedCommandsTest, IsCalledByTheOtherNameOnly) {
  EXPECT_EQ(rename("get", "Fetch"), "renamed");
  play({{"SET k v", "+OK"}, {"FETCH k", "\"v\""}, {"fetch k", "\"v\""}});
  EXPECT_EQ(run("GET k"), "-ERR unknown command 'GET', with args beginning with: 'k' ");
  EXPECT_EQ(run("FETCH"), "-ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(run("EVAL \"return redis.call('fetch', 'k')\" 0"), "\"v\"");
  EXPECT_EQ(run("EVAL \"return redis.pcall('get', 'k')\" 0"),
            "-ERR Unknown Redis command called from script");
}

TEST_F(RenamedCommandsTest, CanBeTakenAway) {
  const std::string count = run("COMMAND COUNT");
  EXPECT_EQ(rename("config", ""), "renamed");
  EXPECT_EQ(run("CONFIG GET hz"),
            "-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'hz' ");
  EXPECT_NE(run("COMMAND COUNT"), count);
  EXPECT_EQ(run("COMMAND INFO config config|get"), "[nil nil]");
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN config*"), "[]");
  EXPECT_EQ(rename("config", "again"), "No such command in rename-command");
}

TEST_F(RenamedCommandsTest, RefusesWhatIsNotThereOrTaken) {
  EXPECT_EQ(rename("nosuch", "x"), "No such command in rename-command");
  EXPECT_EQ(rename("config|get", "x"), "No such command in rename-command");
  EXPECT_EQ(rename("get", "SET"), "Target command name already exists");
  EXPECT_EQ(rename("incr", "INCR"), "renamed");
}

TEST_F(RenamedCommandsTest, NamesCanBeGivenOn) {
  EXPECT_EQ(rename("get", "fetch"), "renamed");
  EXPECT_EQ(rename("del", "get"), "renamed");
  play({{"SET k v", "+OK"}, {"GET k", ":1"}, {"FETCH k", "nil"}});
  EXPECT_EQ(take_log(), "SET k v || DEL k");
}

TEST_F(RenamedCommandsTest, TheLogHasTheirOwnNames) {
  EXPECT_EQ(rename("incr", "plus"), "renamed");
  EXPECT_EQ(rename("set", "put"), "renamed");
  EXPECT_EQ(rename("multi", "begin"), "renamed");
  EXPECT_EQ(rename("exec", "commit"), "renamed");
  EXPECT_EQ(rename("lpush", "push"), "renamed");
  EXPECT_EQ(logged("plus n"), "INCR n");
  EXPECT_EQ(logged("put k v EX 10"), "SET k v PXAT 1000000010000");
  EXPECT_EQ(logged("EVAL \"return redis.call('push', 'l', 'a')\" 1 l"), "LPUSH l a");
  play({{"begin", "+OK"}, {"plus n", "+QUEUED"}, {"put k w", "+QUEUED"}});
  EXPECT_EQ(logged("commit"), "INCR n | SET k w");
}

TEST_F(RenamedCommandsTest, LogsAreReadByOwnNamesFirst) {
  EXPECT_EQ(rename("set", "put"), "renamed");
  EXPECT_EQ(rename("del", "set"), "renamed");
  commands::Client client;
  const auto replay = [&](auto... words) {
    const std::array<std::string_view, sizeof...(words)> args{words...};
    return executor_->replay(client, args);
  };
  EXPECT_FALSE(replay("SET", "k", "v"));
  EXPECT_EQ(run("GET k"), "\"v\"");
  EXPECT_FALSE(replay("put", "k", "w"));  // of a redis-server with the same configuration
  EXPECT_EQ(run("GET k"), "\"w\"");
  EXPECT_TRUE(replay("nosuch", "k"));
}

TEST_F(RenamedCommandsTest, PermissionsAreForTheOwnName) {
  EXPECT_EQ(rename("set", "put"), "renamed");
  EXPECT_EQ(rename("config", "cfg"), "renamed");
  EXPECT_EQ(run("ACL SETUSER u on nopass +put"),
            "-ERR Error in ACL SETUSER modifier '+put': Unknown command or category name in ACL");
  EXPECT_EQ(run("ACL SETUSER u on nopass +set +config|get %W~k"), "+OK");
  play({{"ACL DRYRUN u put k v", "+OK"},
        {"ACL DRYRUN u cfg get hz", "+OK"},
        {"ACL DRYRUN u put k v GET", "\"User u has no permissions to access the 'k' key\""},
        {"ACL DRYRUN u set k v", "-ERR Command 'set' not found"}});
  EXPECT_EQ(run("cfg foo"), "-ERR unknown subcommand 'foo'. Try CFG HELP.");
  EXPECT_TRUE(run("cfg HELP").starts_with("[+CFG <subcommand>")) << run("cfg HELP");
}

}  // namespace

}  // namespace duplex::tests
