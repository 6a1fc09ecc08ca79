// Who is there, and who is said to have left.
#include "realtime/presence.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::realtime {
namespace {

Present client(std::string id, std::string user = {}) {
  return {.client = std::move(id), .user = std::move(user), .info = {}, .since_ms = 5};
}

TEST(Presence, ListsThoseWhoAreThere) {
  Presence presence;
  EXPECT_TRUE(presence.enter("a", client("2", "u")));
  EXPECT_TRUE(presence.enter("a", client("1", "u")));
  EXPECT_TRUE(presence.enter("a", client("3")));
  EXPECT_TRUE(presence.enter("b", client("1", "u")));

  ASSERT_EQ(presence.list("a", 10).size(), 3u);
  EXPECT_EQ(presence.list("a", 10)[0].client, "1");
  EXPECT_EQ(presence.list("a", 2).size(), 2u);
  EXPECT_EQ(presence.stats("a").clients, 3u);
  EXPECT_EQ(presence.stats("a").users, 2u);
  EXPECT_EQ(presence.stats("nobody").clients, 0u);

  EXPECT_EQ(presence.leave("a", "2")->user, "u");
  EXPECT_FALSE(presence.leave("a", "2"));
  EXPECT_FALSE(presence.leave("nowhere", "2"));
  EXPECT_EQ(presence.stats("a").clients, 2u);
}

TEST(Presence, AUserWhoComesBackHasNotLeft) {
  Presence presence;
  presence.enter("a", client("1", "u"));
  presence.leave_farewell("a", *presence.leave("a", "1"), 100);

  EXPECT_TRUE(presence.enter("b", client("2", "u")));
  EXPECT_TRUE(presence.take_farewells(99).empty());
  EXPECT_FALSE(presence.enter("a", client("2", "u")));
  EXPECT_TRUE(presence.take_farewells(100).empty());
}

TEST(Presence, FarewellsAreDue) {
  Presence presence;
  presence.enter("a", client("1"));
  presence.enter("a", client("2", "u"));
  presence.leave_farewell("a", *presence.leave("a", "1"), 100);
  presence.leave_farewell("a", *presence.leave("a", "2"), 200);

  // Those without a name cannot come back.
  EXPECT_TRUE(presence.enter("a", client("3")));
  ASSERT_EQ(presence.take_farewells(100).size(), 1u);
  const auto rest = presence.take_farewells(1000);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].channel, "a");
  EXPECT_EQ(rest[0].who.user, "u");
}

TEST(Presence, IsJson) {
  EXPECT_EQ(client("1", "\"").json(), R"({"client":"1","user":"\""})");
  Present who = client("1", "u");
  who.info = R"({"name":"U"})";
  EXPECT_EQ(who.json(), R"({"client":"1","user":"u","conn_info":{"name":"U"}})");
}

}  // namespace
}  // namespace duplex::realtime
