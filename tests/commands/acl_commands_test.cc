// What changes of users do to clients, ACL LOG, and the user `default`.
#include "commands/acl_session.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

using AclCommandsTest = CommandFixture;

class AclClientsTest : public CommandFixture {
 protected:
  void SetUp() override {
    run("ACL SETUSER u on nopass +@all ~* &a &b*");
    EXPECT_EQ(run(other_, "AUTH u x"), "+OK");
  }
  // Whether the other client may stay after a change of its user.
  bool stays_after(std::string_view rules) {
    other_.user_check_requested = false;
    EXPECT_EQ(run("ACL SETUSER u " + std::string(rules)), "+OK");
    return !other_.user_check_requested || commands::acl::refresh(services_, other_.state);
  }
};

TEST_F(AclClientsTest, SubscribersWhoseChannelsWereTakenAwayHaveToGo) {
  run(other_, "SUBSCRIBE a b1");
  EXPECT_TRUE(stays_after("+get"));
  EXPECT_TRUE(stays_after("&c"));
  EXPECT_TRUE(stays_after("resetchannels &?* &a &b*"));
  EXPECT_TRUE(stays_after("resetchannels &a &b1"));
  EXPECT_FALSE(stays_after("resetchannels &b1"));
}

TEST_F(AclClientsTest, PatternsHaveToStandAsTheyAre) {
  run(other_, "PSUBSCRIBE b*");
  EXPECT_TRUE(stays_after("resetchannels &b* &a"));
  EXPECT_FALSE(stays_after("resetchannels &b1 &a"));
}

TEST_F(AclClientsTest, AllChannelsCoverEverything) {
  run(other_, "PSUBSCRIBE b*");
  EXPECT_TRUE(stays_after("allchannels"));
  EXPECT_FALSE(stays_after("resetchannels"));
}

TEST_F(AclClientsTest, SelectorsAllowChannelsToo) {
  run(other_, "SUBSCRIBE a");
  EXPECT_TRUE(stays_after("resetchannels (&a)"));
  EXPECT_FALSE(stays_after("clearselectors"));
}

TEST_F(AclClientsTest, OthersStay) {
  EXPECT_TRUE(stays_after("resetchannels"));
  EXPECT_EQ(run(other_, "SUBSCRIBE a"), "-NOPERM No permissions to access a channel");
}

TEST_F(AclClientsTest, NobodyStaysWithoutAUser) {
  EXPECT_EQ(run("ACL DELUSER u"), ":1");
  EXPECT_TRUE(other_.user_check_requested);
  EXPECT_FALSE(commands::acl::refresh(services_, other_.state));
  // One that is made anew is another user.
  run("ACL SETUSER u on nopass +@all");
  EXPECT_EQ(run(other_, "AUTH u x"), "+OK");
}

TEST_F(AclClientsTest, ExecLooksAtThePermissionsOfItsMoment) {
  play({{"SET k v", "+OK"}});
  EXPECT_EQ(run(other_, "MULTI"), "+OK");
  EXPECT_EQ(run(other_, "GET k"), "+QUEUED");
  EXPECT_EQ(run(other_, "SET k w"), "+QUEUED");
  EXPECT_EQ(run(other_, "PUBLISH a m"), "+QUEUED");
  run("ACL SETUSER u -set resetkeys %R~k resetchannels");
  const std::string changed =
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
      "call. This command is no longer allowed for the following reason: ";
  EXPECT_EQ(run(other_, "EXEC"),
            "[\"v\" -" + changed + "no permission to execute the command or subcommand -" +
                changed +
                "no permission to access one of the channels used as arguments to the command]");
  EXPECT_EQ(run("GET k"), "\"v\"");
}

// --- ACL LOG ---

class AclLogTest : public CommandFixture {
 protected:
  void SetUp() override {
    run("ACL SETUSER u on nopass +get +multi +exec ~a*");
    EXPECT_EQ(run(other_, "AUTH u x"), "+OK");
  }
  std::vector<commands::acl::LogEntry> entries() { return users_.log().newest(1000); }
};

TEST_F(AclLogTest, CountsWhatIsAlike) {
  for (int i = 0; i < 3; ++i)
    run(other_, "SET a 1");
  run(other_, "GET b");
  run(other_, "GET b");
  ASSERT_EQ(entries().size(), 2u);
  EXPECT_EQ(entries()[0].object, "b");
  EXPECT_EQ(entries()[0].count, 2u);
  EXPECT_EQ(entries()[0].reason, commands::acl::Denial::Reason::key);
  EXPECT_EQ(entries()[1].object, "set");
  EXPECT_EQ(entries()[1].count, 3u);
  // What is counted up moves to the front and keeps its number.
  const std::uint64_t id = entries()[1].id;
  run(other_, "SET a 1");
  EXPECT_EQ(entries()[0].id, id);
  EXPECT_EQ(entries()[0].count, 4u);
}

TEST_F(AclLogTest, WhatIsDifferentStandsAlone) {
  run(other_, "SET a 1");
  run(other_, "DEL a");
  run(other_, "MULTI");
  run(other_, "SET a 1");
  run("AUTH u2 wrong");
  run("AUTH u3 wrong");
  ASSERT_EQ(entries().size(), 5u);
  EXPECT_EQ(entries()[0].username, "u3");
  EXPECT_EQ(entries()[0].object, "AUTH");
  EXPECT_EQ(entries()[2].origin, commands::acl::Origin::multi);
}

TEST_F(AclLogTest, AMinuteLaterItIsAnotherEntry) {
  run(other_, "SET a 1");
  advance_ms(60'000);
  run(other_, "SET a 1");
  ASSERT_EQ(entries().size(), 1u);
  advance_ms(60'001);
  run(other_, "SET a 1");
  ASSERT_EQ(entries().size(), 2u);
}

TEST_F(AclLogTest, IsNoLongerThanItMayBe) {
  users_.log().set_length_max(3);
  for (int i = 0; i < 10; ++i)
    run(other_, "GET b" + std::to_string(i));
  ASSERT_EQ(entries().size(), 3u);
  EXPECT_EQ(entries()[0].object, "b9");
  EXPECT_EQ(entries()[2].object, "b7");
  users_.log().set_length_max(0);
  run(other_, "GET b");
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(users_.log().denied(commands::acl::Denial::Reason::key), 11u);
}

TEST_F(AclLogTest, OnlyTheFirstEntriesAreLookedAt) {
  run(other_, "GET first");
  for (int i = 0; i < 10; ++i)
    run(other_, "GET b" + std::to_string(i));
  run(other_, "GET first");
  EXPECT_EQ(entries().size(), 12u);
}

// --- the user `default` ---

TEST_F(AclCommandsTest, RequirepassIsThePasswordOfTheDefaultUser) {
  users_.set_default_password("one");
  EXPECT_EQ(run("ACL WHOAMI"), "\"default\"");  // who was in stays in
  EXPECT_EQ(run(other_, "AUTH one"), "+OK");
  EXPECT_EQ(run(other_, "AUTH default one"), "+OK");
  EXPECT_EQ(run(other_, "AUTH two"),
            "-WRONGPASS invalid username-password pair or user is disabled.");
  users_.set_default_password("two");
  EXPECT_EQ(run(other_, "AUTH one"),
            "-WRONGPASS invalid username-password pair or user is disabled.");
  run("ACL SETUSER default >three");
  EXPECT_EQ(run(other_, "AUTH two"), "+OK");
  EXPECT_EQ(run(other_, "AUTH three"), "+OK");
  users_.set_default_password("");
  EXPECT_EQ(run(other_, "AUTH anything"),
            "-ERR AUTH <password> called without any password configured for the default user. Are "
            "you sure your configuration is correct?");
  EXPECT_EQ(run(other_, "AUTH default anything"), "+OK");
}

TEST_F(AclCommandsTest, TheDefaultUserCanBeSwitchedOff) {
  run("ACL SETUSER admin on >x +@all ~* &*");
  run("ACL SETUSER default off");
  EXPECT_TRUE(users_.auth_required());
  EXPECT_EQ(run(other_, "AUTH default x"),
            "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(run(other_, "AUTH admin x"), "+OK");
}

}  // namespace

}  // namespace duplex::tests
