// JSON text: what counts as JSON, and cutting members out of it.
#include "realtime/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {
namespace {

TEST(JsonText, KnowsJson) {
  for (const std::string_view text : {"0",
                                      "-1.5e300",
                                      "true",
                                      "null",
                                      R"("x")",
                                      "[]",
                                      "{}",
                                      R"({"a":[1,{"b":"\u00e4"}]})",
                                      " \n{ \"a\" : 1 }\r\n\t",
                                      R"("\ud83d\ude00")"})
    EXPECT_TRUE(is_json(text)) << text;
}

TEST(JsonText, KnowsWhatIsNotJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "hello",
                                      "01",
                                      "1 2",
                                      "{",
                                      "[1,]",
                                      R"({"a"})",
                                      R"({"a":1,})",
                                      "'x'",
                                      "\"\x01\"",
                                      "\"\xff\"",
                                      "NaN",
                                      "1.",
                                      "// c\n1",
                                      "{}x",
                                      R"("\ud83d")",
                                      R"("\x")"})
    EXPECT_FALSE(is_json(text)) << text;
}

TEST(JsonText, LimitsTheDepth) {
  const std::string deep = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');

  EXPECT_TRUE(is_json(deep));
  EXPECT_FALSE(is_json("[" + deep + "]"));
}

TEST(JsonText, EscapesStrings) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\r\t\x01\x1f\0z\xc3\xa4/", 15));

  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u0000z\xc3\xa4/\"");
  EXPECT_TRUE(is_json(out));
}

TEST(JsonText, TakesLineBreaksOutOfJson) {
  std::string out;
  append_json_in_one_line(out, "{\r\n  \"a\": \"x y\\n\",\n\n  \"b\": 1\n}\n");

  EXPECT_EQ(out, "{  \"a\": \"x y\\n\",  \"b\": 1}");
}

TEST(JsonText, FindsMembersAsTheyAreWritten) {
  const struct {
    std::string_view name, object, expected;
  } cases[] = {
      {"number", R"({"data":1.50,"x":2})", "1.50"},
      {"last member", R"({"x":2,"data":true})", "true"},
      {"object", R"({"data":{"data":[1, {"a":"}"}]} ,"x":2})", R"({"data":[1, {"a":"}"}]})"},
      {"string", R"({"data":"a\"}b,\\","x":2})", R"("a\"}b,\\")"},
      {"spaces", " {\t\"x\" : [ ] , \"data\"\t:\n  12  } ", "12"},
      {"twice", R"({"data":1,"data":2})", "2"},
      {"empty string", R"({"":1,"data":""})", R"("")"},
      {"name inside a string", R"({"x":"\"data\":1","data":3})", "3"},
      {"array", R"({"data":[[],[1,2],{}]})", "[[],[1,2],{}]"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ASSERT_TRUE(is_json(c.object));
    EXPECT_EQ(json_member(c.object, "data"), c.expected);
  }
}

TEST(JsonText, FindsNothingWhereNothingIs) {
  for (const std::string_view object :
       {"{}", "[]", "1", R"("data")", R"({"x":{"data":1}})", R"(["data",1])"})
    EXPECT_EQ(json_member(object, "data"), std::nullopt) << object;
}

TEST(JsonText, CutsArraysIntoElements) {
  const auto elements = json_elements(R"( [ 1, "a,]\"" ,{"b":[2,3]},[],null ] )");
  ASSERT_TRUE(elements);
  EXPECT_EQ(*elements,
            (std::vector<std::string_view>{"1", R"("a,]\"")", R"({"b":[2,3]})", "[]", "null"}));
  EXPECT_TRUE(json_elements("[]")->empty());
  EXPECT_FALSE(json_elements("{}"));
  EXPECT_FALSE(json_elements("1"));
}

TEST(JsonText, ReadsStrings) {
  EXPECT_EQ(json_string(R"("plain")"), "plain");
  EXPECT_EQ(json_string(R"( "a\"b\n\u00e4\ud83d\ude00" )"), "a\"b\n\xc3\xa4\xf0\x9f\x98\x80");
  EXPECT_EQ(json_string(R"("")"), "");
  EXPECT_FALSE(json_string("1"));
  EXPECT_FALSE(json_string("[\"a\"]"));
}

}  // namespace
}  // namespace duplex::realtime
