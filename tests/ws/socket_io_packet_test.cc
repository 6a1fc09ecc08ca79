// Socket.IO packets as text, and what is JSON in them.
#include "ws/socket_io_packet.h"

#include "realtime/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duplex::ws {
namespace {

// What a packet was read as: "type attachments namespace id data"; "bad" if it was not.
std::string read(std::string_view text) {
  const auto packet = read_socket_io_packet(text);
  if (!packet) return "bad";
  std::string words = std::to_string(static_cast<int>(packet->type));
  words += " " + std::to_string(packet->attachments) + " " + std::string(packet->name_space);
  words += packet->id ? " " + std::to_string(*packet->id) : " -";
  return words + " " + std::string(packet->data);
}

TEST(SocketIoPacketTest, ReadsPackets) {
  EXPECT_EQ(read("0"), "0 0 / - ");
  EXPECT_EQ(read(R"(0{"token":"123"})"), R"(0 0 / - {"token":"123"})");
  EXPECT_EQ(read("0/custom"), "0 0 /custom - ");
  EXPECT_EQ(read("0/custom,"), "0 0 /custom - ");
  EXPECT_EQ(read("0/custom,{}"), "0 0 /custom - {}");
  EXPECT_EQ(read("1/admin,"), "1 0 /admin - ");
  EXPECT_EQ(read(R"(2["a",1])"), R"(2 0 / - ["a",1])");
  EXPECT_EQ(read(R"(2/x,12["a"])"), R"(2 0 /x 12 ["a"])");
  EXPECT_EQ(read("2[5]"), "2 0 / - [5]");
  EXPECT_EQ(read("2[-1.5e3]"), "2 0 / - [-1.5e3]");
  EXPECT_EQ(read("30[]"), "3 0 / 0 []");
  EXPECT_EQ(read(R"(52-["a",{"_placeholder":true,"num":1}])"),
            R"(5 2 / - ["a",{"_placeholder":true,"num":1}])");
  EXPECT_EQ(read(R"(61-/x,7[{"_placeholder":true,"num":0}])"),
            R"(6 1 /x 7 [{"_placeholder":true,"num":0}])");
}

TEST(SocketIoPacketTest, RefusesMalformedPackets) {
  const std::string_view packets[] = {
      "",
      "7",
      "abc",
      "0[]",
      "0null",
      "0\"x\"",
      "1{}",
      "2",
      "2{}",
      "2[]",
      "2[null]",
      "2[[1]]",
      R"(2["a")",
      R"(2["a"]])",
      R"(2abc["a"])",
      R"(2["connect"])",
      R"(2["con\u006eect"])",
      R"(2["removeListener",1])",
      R"(29007199254740992["a"])",
      R"(299999999999999999999["a"])",
      "3{}",
      "3",
      R"(5["a"])",
      R"(5-["a"])",
      R"(511-["a"])",
      R"(51-["a",{"_placeholder":true,"num":1}])",
      R"(51-["a",{"_placeholder":true,"num":-1}])",
      R"(51-["a",{"_placeholder":true,"num":"0"}])",
      R"(51-["a",{"x":[{"_placeholder":true}]}])",
      "2[\"\xff\"]",
  };
  for (const std::string_view packet : packets)
    EXPECT_EQ(read(packet), "bad") << packet;
}

TEST(SocketIoPacketTest, LetsPlaceholdersBeJsonWithoutAttachments) {
  EXPECT_NE(read(R"(2["a",{"_placeholder":true,"num":9}])"), "bad");
  EXPECT_NE(read(R"(51-["a",{"_placeholder":false},{"_placeholder":1}])"), "bad");
}

TEST(SocketIoPacketTest, WritesWhatItReads) {
  for (const std::string_view text : {R"(0/x,{"sid":"1"})",
                                      R"(2/x,12["a"])",
                                      R"(30[])",
                                      "1",
                                      R"(52-/x,["a",{"_placeholder":true,"num":1}])"}) {
    std::string out;
    append_socket_io_packet(out, *read_socket_io_packet(text));
    EXPECT_EQ(out, "4" + std::string(text));
  }
}

TEST(SocketIoPacketTest, EncodesFramesWithAttachments) {
  EXPECT_EQ(encode_socket_io({.data = R"(["a"])"}, {}),
            "\x81\x07"
            R"(42["a"])");
  const std::vector<std::string> bytes = {"\1\2"};
  EXPECT_EQ(encode_socket_io({.attachments = 1, .data = "[0]"}, bytes),
            "\x81\x07"
            "451-[0]"
            "\x82\x02\1\2");
  EXPECT_EQ(encode_socket_io({.type = SocketIoType::ack, .attachments = 1, .id = 3, .data = "[0]"},
                             bytes),
            "\x81\x08"
            "461-3[0]"
            "\x82\x02\1\2");
}

TEST(SocketIoPacketTest, TakesArraysApart) {
  using Elements = std::vector<std::string_view>;
  EXPECT_EQ(json_elements(""), Elements());
  EXPECT_EQ(json_elements("1"), Elements({"1"}));
  EXPECT_EQ(json_elements(R"( "a,]" ,{"x":[1,2]}, [ ] )"),
            Elements({R"("a,]")", R"({"x":[1,2]})", "[ ]"}));
  EXPECT_EQ(json_elements(R"("\"","\\",2)"), Elements({R"("\"")", R"("\\")", "2"}));
  EXPECT_EQ(inside_of_array(" [ 1 , 2 ] "), "1 , 2");
  EXPECT_EQ(inside_of_array("[]"), "");
  EXPECT_EQ(json_string_value(R"("a\u0062\"")"), "ab\"");
  EXPECT_EQ(json_string_value("\"\""), "");
  EXPECT_FALSE(json_string_value("1"));
}

}  // namespace
}  // namespace duplex::ws
