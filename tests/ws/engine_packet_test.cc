// Engine.IO packets as bytes.
#include "ws/engine_packet.h"

#include "ws/frame_writer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace duplex::ws {
namespace {

// The packets of a body as "type data", binary ones as "b data"; "bad" ends it.
std::vector<std::string> packets_of(std::string_view body) {
  std::vector<std::string> packets;
  EnginePayloadReader reader(body);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) {
      packets.emplace_back("bad");
      break;
    }
    const char type = packet->is_binary ? 'b' : static_cast<char>(packet->type);
    packets.push_back(std::string(1, type) + " " + std::string(packet->data));
  }
  return packets;
}

using Packets = std::vector<std::string>;

TEST(EnginePacketTest, ReadsBodies) {
  EXPECT_EQ(packets_of("4hello"), Packets({"4 hello"}));
  EXPECT_EQ(packets_of("4a\x1e"
                       "4\x1e"
                       "3"),
            Packets({"4 a", "4 ", "3 "}));
  EXPECT_EQ(packets_of("4a\x1e"
                       "bAQIDBA==\x1e"
                       "4b"),
            Packets({"4 a", "b \1\2\3\4", "4 b"}));
  EXPECT_EQ(packets_of("b"), Packets({"b "}));
}

TEST(EnginePacketTest, RefusesMalformedBodies) {
  EXPECT_EQ(packets_of(""), Packets({"bad"}));
  EXPECT_EQ(packets_of("7"), Packets({"bad"}));
  EXPECT_EQ(packets_of("abc"), Packets({"bad"}));
  EXPECT_EQ(packets_of("4a\x1e"), Packets({"4 a", "bad"}));
  EXPECT_EQ(packets_of("b*"), Packets({"bad"}));
  EXPECT_EQ(packets_of("bAQIDBA"), Packets({"b \1\2\3\4"}));  // the padding may be missing
  EXPECT_EQ(packets_of("bAQIDBA="), Packets({"bad"}));        // but not half of it
  EXPECT_EQ(packets_of("bAQIDB"), Packets({"bad"}));
  EXPECT_EQ(packets_of("bAQIDB===="), Packets({"bad"}));
}

TEST(EnginePacketTest, MakesBodiesOfFrames) {
  std::string body;
  append_engine_payload(body, encode_frame(Opcode::text, "4a"));
  append_engine_payload(
      body, encode_frame(Opcode::text, "451-[1]") + encode_frame(Opcode::binary, "\1\2\3\4"));
  EXPECT_EQ(body,
            "4a\x1e"
            "451-[1]\x1e"
            "bAQIDBA==");
  for (const std::size_t size : {0, 1, 125, 126, 65535, 65536}) {
    const std::string packet(size, 'x');
    std::string one;
    append_engine_payload(one, encode_frame(Opcode::text, packet));
    EXPECT_EQ(one, packet);
  }
}

TEST(EnginePacketTest, TellsTheHandshake) {
  EXPECT_EQ(engine_open_packet({.sid = "abc", .may_upgrade = true}),
            R"(0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,)"
            R"("pingTimeout":20000,"maxPayload":1000000})");
  EXPECT_EQ(
      engine_open_packet(
          {.sid = "abc", .ping_interval_ms = 1, .ping_timeout_ms = 2, .payload_bytes_max = 3}),
      R"(0{"sid":"abc","upgrades":[],"pingInterval":1,"pingTimeout":2,"maxPayload":3})");
}

TEST(EnginePacketTest, NamesTheLoopInTheId) {
  std::set<std::string> ids;
  for (std::size_t loop = 0; loop < engine_loops_max; ++loop) {
    const std::string sid = new_engine_sid(loop);
    EXPECT_EQ(loop_of_engine_sid(sid), loop);
    EXPECT_EQ(sid.size(), 20u);
    ids.insert(sid);
  }
  EXPECT_EQ(ids.size(), engine_loops_max);
  EXPECT_FALSE(loop_of_engine_sid(""));
  EXPECT_FALSE(loop_of_engine_sid("short"));
  EXPECT_FALSE(loop_of_engine_sid("*234567890123456789_"));
}

}  // namespace
}  // namespace duplex::ws
