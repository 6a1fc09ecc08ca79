// Commands for the server as a whole.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace duplex::tests {

namespace {

using commands::ShutdownMode;
using ServerCommandsTest = CommandFixture;

TEST_F(ServerCommandsTest, InfoAsksTheServer) {
  EXPECT_EQ(raw("INFO cpu keyspace"), "$21\r\n# Fake cpu keyspace\r\n\r\n");
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(raw("INFO"), "=12\r\ntxt:# Fake\r\n\r\n");
}

TEST_F(ServerCommandsTest, TimeIsSecondsAndMicroseconds) {
  const std::string reply = raw("TIME");
  EXPECT_TRUE(reply.starts_with("*2\r\n$10\r\n")) << reply;
}

TEST_F(ServerCommandsTest, LolwutEndsInTheVersion) {
  const std::string reply = raw("LOLWUT");
  EXPECT_TRUE(reply.ends_with("\nRedis ver. 7.2.4\n\r\n")) << reply;
  EXPECT_EQ(raw("LOLWUT VERSION 5 1 2"), reply);
  EXPECT_EQ(raw("LOLWUT VERSION"), reply);
  EXPECT_EQ(run("LOLWUT VERSION x"), "-ERR value is not an integer or out of range");
}

TEST_F(ServerCommandsTest, ShutdownReadsItsOptions) {
  EXPECT_EQ(raw("SHUTDOWN"), "");
  EXPECT_EQ(server_.shutdown_mode, ShutdownMode::normal);
  EXPECT_EQ(raw("SHUTDOWN nosave NOW force"), "");
  EXPECT_EQ(server_.shutdown_mode, ShutdownMode::nosave);
  EXPECT_EQ(raw("SHUTDOWN SAVE"), "");
  EXPECT_EQ(server_.shutdown_mode, ShutdownMode::save);
}

TEST_F(ServerCommandsTest, ShutdownRefuses) {
  EXPECT_EQ(run("SHUTDOWN FOO"), "-ERR syntax error");
  EXPECT_EQ(run("SHUTDOWN SAVE NOSAVE"), "-ERR syntax error");
  EXPECT_EQ(run("SHUTDOWN ABORT NOW"), "-ERR syntax error");
  EXPECT_EQ(run("SHUTDOWN ABORT"), "-ERR No shutdown in progress.");
  run("MULTI");
  EXPECT_EQ(run("SHUTDOWN"), "-ERR Command not allowed inside a transaction");
  EXPECT_EQ(server_.shutdown_mode, std::nullopt);
}

TEST_F(ServerCommandsTest, ConfigGetIsAMap) {
  config_.values = {{"maxmemory", "0"}, {"maxclients", "10000"}};
  EXPECT_EQ(run("CONFIG GET maxmemory none"), "[\"maxmemory\" \"0\"]");
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(run("CONFIG GET max*"), "{\"maxmemory\"=>\"0\" \"maxclients\"=>\"10000\"}");
  EXPECT_EQ(run("CONFIG GET none"), "{}");
}

TEST_F(ServerCommandsTest, ConfigSetTakesPairs) {
  EXPECT_EQ(run("CONFIG SET a 1 b 2"), "+OK");
  EXPECT_EQ(run("CONFIG GET a b"), "[\"a\" \"1\" \"b\" \"2\"]");
  EXPECT_EQ(run("CONFIG SET a 1 b"), "-ERR syntax error");
  EXPECT_EQ(run("CONFIG SET a"), "-ERR wrong number of arguments for 'config|set' command");
  config_.error = "ERR CONFIG SET failed";
  EXPECT_EQ(run("CONFIG SET a 1"), "-ERR CONFIG SET failed");
}

TEST_F(ServerCommandsTest, ConfigRewrite) {
  EXPECT_EQ(run("CONFIG REWRITE"), "+OK");
  EXPECT_EQ(config_.rewrites, 1);
  config_.error = "ERR The server is running without a config file";
  EXPECT_EQ(run("CONFIG REWRITE"), "-ERR The server is running without a config file");
}

TEST_F(ServerCommandsTest, ConfigResetstatForgetsCounters) {
  run("GET none");
  run("FOO");
  EXPECT_EQ(statistics_[0]->keyspace_misses.value(), 1u);
  EXPECT_EQ(run("CONFIG RESETSTAT"), "+OK");
  EXPECT_EQ(statistics_[0]->keyspace_misses.value(), 0u);
  EXPECT_TRUE(statistics_[0]->errors().empty());
}

TEST_F(ServerCommandsTest, ConfigHelp) {
  EXPECT_TRUE(run("CONFIG HELP").starts_with("[+CONFIG <subcommand> "));
  EXPECT_EQ(run("CONFIG FOO"), "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.");
}

}  // namespace

}  // namespace duplex::tests
