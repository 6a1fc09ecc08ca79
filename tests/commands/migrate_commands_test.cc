// MIGRATE: what is sent, and what becomes of the keys when the target has answered.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

class MigrateCommandsTest : public CommandFixture {
 protected:
  // Begins a migration. Nobody answers until arrive().
  void start(std::string_view arguments) {
    take_log();
    EXPECT_EQ(run("MIGRATE host 6380 " + std::string(arguments)), "");
    ASSERT_TRUE(server_.migration);
    EXPECT_NE(client_.state.waiter, nullptr);
  }
  void take(std::size_t index) { server_.migration->items[index].is_taken = true; }
  // The network is done; returns the client's reply.
  std::string arrive() {
    server_.migrated();
    EXPECT_TRUE(client_.unblocked);
    base::Buffer out;
    EXPECT_TRUE(executor_->go_on(client_.state, out));
    return std::string(out.view());
  }
};

TEST_F(MigrateCommandsTest, WhatIsSent) {
  run("SET a 1");
  run("SET b 2 PX 5000");
  start("\"\" 3 250 COPY REPLACE AUTH2 user word KEYS a none b a");
  const commands::Migration& migration = *server_.migration;
  EXPECT_EQ(migration.host, "host");
  EXPECT_EQ(migration.port, "6380");
  EXPECT_EQ(migration.database, 3);
  EXPECT_EQ(migration.timeout.count(), 250);
  EXPECT_TRUE(migration.copies && migration.replaces && migration.authenticates);
  EXPECT_EQ(migration.user, "user");
  EXPECT_EQ(migration.password, "word");
  ASSERT_EQ(migration.items.size(), 2u);
  EXPECT_EQ(migration.items[0].key, "a");
  EXPECT_EQ(migration.items[0].ttl_ms, 0);
  EXPECT_EQ(migration.items[1].key, "b");
  EXPECT_EQ(migration.items[1].ttl_ms, 5000);
  take(0);
  take(1);
  EXPECT_EQ(arrive(), "+OK\r\n");
  EXPECT_EQ(take_log(), "");
  EXPECT_EQ(run("EXISTS a b"), ":2");
}

TEST_F(MigrateCommandsTest, WhatWasTakenGoes) {
  run("MSET a 1 b 2 c 3");
  start("\"\" 0 0 KEYS a b c");
  EXPECT_EQ(server_.migration->timeout.count(), 1000);
  EXPECT_EQ(run(other_, "EXISTS a b c"), ":3");
  take(0);
  take(2);
  server_.migration->error = "ERR Target instance replied with error: BUSYKEY";
  EXPECT_EQ(arrive(), "-ERR Target instance replied with error: BUSYKEY\r\n");
  EXPECT_EQ(take_log(), "DEL a c");
  EXPECT_EQ(run("MGET a b c"), "[nil \"2\" nil]");
}

TEST_F(MigrateCommandsTest, WhatWasChangedOnItsWayStays) {
  run("MSET a 1 b 2");
  start("\"\" 0 100 KEYS a b");
  run(other_, "APPEND a more");
  take(0);
  take(1);
  EXPECT_TRUE(arrive().starts_with("-TRYAGAIN "));
  EXPECT_EQ(run("MGET a b"), "[\"1more\" nil]");
}

TEST_F(MigrateCommandsTest, AKeyThatWasMadeAnewStays) {
  run("SET a 1");
  start("a 0 100");
  run(other_, "DEL a");
  run(other_, "SET a 1");
  take(0);
  EXPECT_TRUE(arrive().starts_with("-TRYAGAIN "));
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(MigrateCommandsTest, WhatHasEndedOnItsWayIsNoMistake) {
  run("SET a 1 PX 50");
  start("a 0 100");
  take(0);
  advance_ms(60);
  EXPECT_EQ(arrive(), "+OK\r\n");
  EXPECT_EQ(take_log(), "DEL a");
}

TEST_F(MigrateCommandsTest, AClientThatGoesLeavesItsKeys) {
  run("SET a 1");
  start("a 0 100");
  executor_->forget(client_.state);
  take(0);
  server_.migrated();
  server_.migrated = nullptr;
  server_.migration.reset();
  EXPECT_EQ(run("GET a"), "\"1\"");
  EXPECT_EQ(blocking_.count(), 0u);
}

TEST_F(MigrateCommandsTest, AWaitThatIsEndedLeavesItsKeys) {
  run("SET a 1");
  start("a 0 100");
  EXPECT_TRUE(blocking_.unblock(client_.state.id, true));
  base::Buffer out;
  EXPECT_TRUE(executor_->go_on(client_.state, out));
  EXPECT_TRUE(out.view().starts_with("-UNBLOCKED"));
  take(0);
  server_.migrated();
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(MigrateCommandsTest, TransactionsDoNotWait) {
  run("SET a 1");
  run("MULTI");
  run("MIGRATE host 6380 a 0 100");
  EXPECT_EQ(run("EXEC"), "[-ERR MIGRATE is not possible inside a transaction]");
  EXPECT_EQ(run("GET a"), "\"1\"");
  EXPECT_EQ(server_.migration, nullptr);
}

}  // namespace

}  // namespace duplex::tests
