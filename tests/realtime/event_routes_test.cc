// Routes and bridges: what is understood, what is refused and how, and values out of events.
#include "realtime/event_routes.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::realtime {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

std::string route_error(std::string_view text) {
  const auto read = read_event_route(split(text));
  return read ? "" : read.error();
}

std::string bridge_error(std::string_view text) {
  const auto read = read_event_bridge(split(text));
  return read ? "" : read.error();
}

RouteWord word(std::string_view text) {
  return read_event_route(split("/ e run GET " + std::string(text)))->command[1];
}

TEST(EventRoutes, ReadsRoutesAndWritesThemAgain) {
  for (const std::string_view text : {"/ client:checkbox:change publish internal:checkbox",
                                      "/chat say emit said",
                                      "/chat say emit said to lobby",
                                      "/chat say emit said to $.room",
                                      "/ chat:* stream rt:in",
                                      "/ box run SETBIT boxes $.index $.checked",
                                      "/ box run SET x $ then emit changed",
                                      "/ box run SETBIT boxes $.a.b 1 then emit changed to all"}) {
    const auto route = read_event_route(split(text));
    ASSERT_TRUE(route) << text << ": " << route.error();
    EXPECT_EQ(route_words(*route), split(text));
  }
  const auto route = read_event_route(split("/ box run SET x $.a.b then emit changed to $.room"));
  EXPECT_EQ(route->name_space, "/");
  EXPECT_EQ(route->event, "box");
  EXPECT_EQ(route->verb, EventRoute::Verb::run);
  ASSERT_EQ(route->command.size(), 3u);
  EXPECT_EQ(route->command[2].path, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(route->emit->event, "changed");
  EXPECT_EQ(route->emit->room->path, (std::vector<std::string>{"room"}));
}

TEST(EventRoutes, SaysWhatIsWrongWithARoute) {
  EXPECT_TRUE(route_error("/ x publish").starts_with("a route is written"));
  EXPECT_EQ(route_error("chat x publish y"),
            "'chat' is no namespace: it must begin with / and hold no comma, # or ?");
  EXPECT_EQ(route_error("/ x send y"),
            "'send' is unknown, known are publish, emit, stream and run");
  EXPECT_EQ(route_error("/ x publish y z"), "behind 'publish' must stand one channel");
  EXPECT_EQ(route_error("/ x stream y z"), "behind 'stream' must stand one key");
  EXPECT_EQ(route_error("/ x emit y z"), "behind 'emit y' only 'to <room>' may stand");
  EXPECT_EQ(route_error("/ x emit y to"), "behind 'emit y' only 'to <room>' may stand");
  EXPECT_EQ(route_error("/ x run then emit y"), "the command behind 'run' is missing");
  EXPECT_EQ(route_error("/ x run SET k $. then emit y"),
            "'$.' is no value: write $ or $.name.name");
  EXPECT_EQ(route_error("/ x run SET k $a"), "'$a' is no value: write $ or $.name.name");
  EXPECT_EQ(route_error("/ x run SET k $.a..b"), "'$.a..b' is no value: write $ or $.name.name");
  EXPECT_EQ(route_error("/ x run $.a k"),
            "the command behind 'run' cannot be a value of the event");
  EXPECT_EQ(route_error("/ x run SET k v then"),
            "behind 'then' must stand emit <event> [to <room>]");
  EXPECT_EQ(route_error("/ x run SET k v then emit"), "the event behind 'emit' is missing");
}

TEST(EventRoutes, ReadsBridges) {
  for (const std::string_view text :
       {"/ internal:checkbox emit server:checkbox", "/chat news emit said to lobby"}) {
    const auto bridge = read_event_bridge(split(text));
    ASSERT_TRUE(bridge) << text;
    EXPECT_EQ(bridge_words(*bridge), split(text));
  }
  EXPECT_EQ(bridge_error("/ a publish b"),
            "a bridge is written <namespace> <channel> emit <event> [to <room>]");
  EXPECT_EQ(bridge_error("/ a emit b to $.room"), "'$.room': a bridge's room cannot be a value");
  EXPECT_TRUE(bridge_error("x a emit b").starts_with("'x' is no namespace"));
}

TEST(EventRoutes, FindsValues) {
  const std::string argument = R"({"a":{"b":7,"t":"x\n"},"yes":true,"no":false,"n":null,"l":[1]})";
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"$.a.b", "7"},
      {"$.a.t", "x\n"},
      {"$.yes", "1"},
      {"$.no", "0"},
      {"$.l", "[1]"},
      {"$", argument},
      {"plain", "plain"},
  };
  for (const auto& [path, value] : cases)
    EXPECT_EQ(word_value(word(path), argument), value) << path;
  for (const std::string_view path : {"$.n", "$.missing", "$.a.b.c", "$.l.x"})
    EXPECT_FALSE(word_value(word(path), argument)) << path;
  EXPECT_FALSE(word_value(word("$"), ""));
  EXPECT_FALSE(word_value(word("$.a"), ""));
  EXPECT_EQ(word_value(word("$"), "\"text\""), "text");
}

}  // namespace
}  // namespace duplex::realtime
