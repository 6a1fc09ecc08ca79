// DEBUG: what tests of clients and of the server need.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

class DebugCommandsTest : public CommandFixture {
 protected:
  DebugCommandsTest() { allow("yes"); }

  void allow(std::string value) { config_.values = {{"enable-debug-command", std::move(value)}}; }
  bool is_allowed() { return run("DEBUG SLEEP 0") == "+OK"; }
};

TEST_F(DebugCommandsTest, TheDirectiveDecides) {
  EXPECT_TRUE(is_allowed());
  allow("no");
  EXPECT_EQ(run("DEBUG FOO"),
            "-ERR DEBUG command not allowed. If the enable-debug-command option is set to "
            "\"local\", you can run it from a local connection, otherwise you need to set this "
            "option in the configuration file, and then restart the server.");
  config_.values.clear();
  EXPECT_FALSE(is_allowed());
  allow("local");
  EXPECT_TRUE(is_allowed());
  client_.state.address = "[::1]:50000";
  EXPECT_TRUE(is_allowed());
  client_.state.address = "/run/duplex.sock:0";
  EXPECT_TRUE(is_allowed());
  client_.state.address = "10.0.0.1:50000";
  EXPECT_FALSE(is_allowed());
}

TEST_F(DebugCommandsTest, SmallThings) {
  EXPECT_EQ(run("DEBUG SLEEP 0.001"), "+OK");
  EXPECT_EQ(run("DEBUG SLEEP -1"), "+OK");
  EXPECT_EQ(run("DEBUG SET-ACTIVE-EXPIRE 0"), "+OK");
  EXPECT_FALSE(settings_.active_expiry.load());
  EXPECT_EQ(run("debug set-active-expire 1"), "+OK");
  EXPECT_TRUE(settings_.active_expiry.load());
  EXPECT_EQ(run("DEBUG ERROR \"MINE is mine\""), "-MINE is mine");
  EXPECT_EQ(run("DEBUG CHANGE-REPL-ID"), "+OK");
  EXPECT_TRUE(run("DEBUG HELP").starts_with("[+DEBUG <subcommand> "));
}

TEST_F(DebugCommandsTest, UnknownAndIncomplete) {
  for (const std::string_view name : {"FOO", "SLEEP", "OBJECT"})
    EXPECT_EQ(run("DEBUG " + std::string(name)),
              "-ERR unknown subcommand or wrong number of arguments for '" + std::string(name) +
                  "'. Try DEBUG HELP.");
}

TEST_F(DebugCommandsTest, ObjectDescribesAnEntry) {
  run("SET k hello");
  advance_ms(3000);
  const std::string reply = run("DEBUG OBJECT k");
  EXPECT_TRUE(reply.starts_with("+Value at:0x")) << reply;
  EXPECT_NE(reply.find(" refcount:1 encoding:embstr serializedlength:6 lru:"), std::string::npos);
  EXPECT_TRUE(reply.ends_with(" lru_seconds_idle:3")) << reply;
  EXPECT_EQ(run("DEBUG OBJECT none"), "-ERR no such key");
  run("SET n 70000");
  EXPECT_NE(run("DEBUG OBJECT n").find("encoding:int serializedlength:5"), std::string::npos);
  run("MULTI");
  run("DEBUG OBJECT k");
  EXPECT_TRUE(run("EXEC").starts_with("[+Value at:"));
}

TEST_F(DebugCommandsTest, PopulateIsLoggedKeyByKey) {
  EXPECT_EQ(logged("DEBUG POPULATE 2"), "SET key:0 value:0 || SET key:1 value:1");
  EXPECT_EQ(logged("DEBUG POPULATE 3"), "SET key:2 value:2");
  run("MULTI");
  run("DEBUG POPULATE 2 p 5");
  EXPECT_EQ(logged("EXEC"), "SET p:0 value | SET p:1 value");
  run("WATCH w:0");
  run(other_, "DEBUG POPULATE 1 w");
  run("MULTI");
  EXPECT_EQ(run("EXEC"), "nil*");
  settings_.memory_bytes_max.store(1);
  EXPECT_EQ(run("DEBUG POPULATE 1 q"), "-OOM command not allowed when used memory > 'maxmemory'.");
  settings_.memory_bytes_max.store(0);
  settings_.bulk_bytes_max.store(100);
  EXPECT_TRUE(run("DEBUG POPULATE 1 q 101").starts_with("-ERR string exceeds"));
}

TEST_F(DebugCommandsTest, ReloadKeepsWhatSnapshotsKeep) {
  run("RPUSH l a b c");
  run("HSET h f v g w");
  run("HPEXPIRE h 5000 FIELDS 1 f");
  run("SET s text PX 1000");
  run("SET t text PX 10");
  run("SELECT 3");
  run("XADD x 1-1 f v");
  run("SELECT 0");
  const std::string digest = run("DEBUG DIGEST-VALUE l h s");
  advance_ms(20);
  EXPECT_EQ(logged("DEBUG RELOAD"), "DEL t");
  EXPECT_EQ(run("DEBUG DIGEST-VALUE l h s"), digest);
  EXPECT_EQ(run("PTTL s"), ":980");
  EXPECT_EQ(run("HPTTL h FIELDS 2 f g"), "[:4980 :-1]");
  advance_ms(5000);
  EXPECT_EQ(run("HGETALL h"), "[\"g\" \"w\"]");
  EXPECT_EQ(run("DEBUG RELOAD TWICE"),
            "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  run("MULTI");
  run("DEBUG RELOAD");
  EXPECT_EQ(run("EXEC"), "[-ERR DEBUG RELOAD is not possible inside of a transaction]");
}

TEST_F(DebugCommandsTest, DigestsOfKeysThatHaveEnded) {
  run("SET s text PX 10");
  const std::string digest = run("DEBUG DIGEST-VALUE s");
  advance_ms(20);
  EXPECT_EQ(run("DEBUG DIGEST-VALUE s"), digest);
  run("GET s");
  EXPECT_EQ(run("DEBUG DIGEST-VALUE s"), "[+0000000000000000000000000000000000000000]");
}

TEST_F(DebugCommandsTest, ObjectFast) {
  run("SET k v");
  EXPECT_EQ(run("DEBUG OBJECT k FAST").find("serializedlength"), std::string::npos);
  EXPECT_EQ(run("DEBUG OBJECT k slow"), "-ERR syntax error");
}

TEST_F(DebugCommandsTest, LoadaofAsksTheServer) {
  EXPECT_EQ(run("DEBUG LOADAOF"), "+OK");
  EXPECT_EQ(server_.reloads, 1);
  server_.error = "ERR no log";
  EXPECT_EQ(run("DEBUG LOADAOF"), "-ERR no log");
  run("MULTI");
  run("DEBUG LOADAOF");
  EXPECT_EQ(run("EXEC"), "[-ERR Command not allowed inside a transaction]");
}

TEST_F(DebugCommandsTest, ProtocolShowsEveryType) {
  EXPECT_EQ(raw("DEBUG PROTOCOL map"), "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL double"), "$5\r\n3.141\r\n");
  EXPECT_EQ(run("DEBUG PROTOCOL push"), "-ERR RESP2 is not supported by this command");
  EXPECT_EQ(run("DEBUG PROTOCOL attrib"), "\"Some real reply following the attribute\"");
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(raw("DEBUG PROTOCOL map"), "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL set"), "~3\r\n:0\r\n:1\r\n:2\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL double"), ",3.141\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL bignum"), "(1234567999999999999999999999999999999\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL null"), "_\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL true"), "#t\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL verbatim"), "=29\r\ntxt:This is a verbatim\nstring\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL attrib"),
            "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
            "$39\r\nSome real reply following the attribute\r\n");
  EXPECT_EQ(raw("DEBUG PROTOCOL push"),
            ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"
            "$40\r\nSome real reply following the push reply\r\n");
  EXPECT_TRUE(run("DEBUG PROTOCOL foo").starts_with("-ERR Wrong protocol type name."));
}

}  // namespace

}  // namespace duplex::tests
