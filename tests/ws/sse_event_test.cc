// Events as text, and positions that browsers send back.
#include "ws/sse_event.h"

#include "ws/query.h"
#include "ws/tickets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::ws {
namespace {

using ::testing::ElementsAre;

TEST(SseEvent, HasALineForEachLineOfThePayload) {
  EXPECT_EQ(encode_event("a", "x"), "event: a\ndata: x\n");
  EXPECT_EQ(encode_event("a", ""), "event: a\ndata: \n");
  EXPECT_EQ(encode_event("a", "1\n2\r\n3\r\r4\n"),
            "event: a\ndata: 1\ndata: 2\ndata: 3\ndata: \ndata: 4\ndata: \n");
  EXPECT_EQ(encode_event("a", "\xff"), "event: a\ndata: /w==\n");
}

TEST(SseEvent, PositionsComeBackAsTheyWent) {
  const std::vector<SsePosition> positions = {
      {"a", 17, 3}, {"user:42", 18, 0}, {"x,y%z", 19, 18446744073709551615u}, {"é ü", 20, 1}};
  const std::string text = encode_positions(positions);
  EXPECT_EQ(text, "a:17-3,user:42:18-0,x%2Cy%25z:19-18446744073709551615,é%20ü:20-1");
  EXPECT_EQ(decode_positions(text), positions);
  EXPECT_EQ(encode_positions({{"none", 0, 0}, {"b", 1, 2}}), "b:1-2");
  EXPECT_TRUE(decode_positions("")->empty());
}

TEST(SseEvent, RefusesOtherPositions) {
  for (const std::string_view text :
       {"a", "a:1", "a:1-", "a:-1", "a:1-x", "a:x-1", "%:1-1", "a-1:1"})
    EXPECT_FALSE(decode_positions(text)) << text;
}

TEST(SseEvent, KnowsNamesThatFitIntoALine) {
  EXPECT_TRUE(is_event_name("a b"));
  for (const std::string_view name : {"", "a\nb", "a\r", "\xff"})
    EXPECT_FALSE(is_event_name(name));
}

TEST(Query, FindsItsValues) {
  const HttpRequest request{
      .method = "GET", .target = "/sse?ch=a%20b&x=1&ch=&ch=%zz&ch=c=d&ch", .fields = {}};
  EXPECT_THAT(query_values(request, "ch"), ElementsAre("a b", "", "c=d"));
  EXPECT_THAT(query_values(request, "y"), ElementsAre());
  EXPECT_EQ(percent_decoded("%41%e9+"), "A\xe9+");
  EXPECT_FALSE(percent_decoded("%4"));
}

TEST(Tickets, CanBeUsedOnceAndSoon) {
  Tickets tickets;
  const auto identity = std::make_shared<const realtime::Identity>();
  const std::string first = tickets.issue(identity, 0).value();
  const std::string second = tickets.issue(identity, 1000).value();
  EXPECT_NE(first, second);
  EXPECT_EQ(tickets.redeem(first, ticket_life_ms - 1), identity);
  EXPECT_EQ(tickets.redeem(first, ticket_life_ms - 1), nullptr);
  EXPECT_EQ(tickets.redeem(second, ticket_life_ms + 1000), nullptr);
  EXPECT_EQ(tickets.redeem("", 0), nullptr);
}

TEST(Tickets, AreLimited) {
  Tickets tickets;
  const auto identity = std::make_shared<const realtime::Identity>();
  for (std::size_t i = 0; i < tickets_max; ++i)
    ASSERT_TRUE(tickets.issue(identity, 0));
  EXPECT_FALSE(tickets.issue(identity, 0));
  EXPECT_TRUE(tickets.issue(identity, ticket_life_ms));
}

}  // namespace
}  // namespace duplex::ws
