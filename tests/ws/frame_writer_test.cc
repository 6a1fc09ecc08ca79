// Frames to clients.
#include "ws/frame_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::ws {
namespace {

using namespace std::string_literals;

TEST(FrameWriter, WritesTheExamplesOfTheStandard) {
  EXPECT_EQ(encode_frame(Opcode::text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(encode_frame(Opcode::pong, "Hello"), "\x8a\x05Hello");
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(256, 'b')),
            "\x82\x7e\x01\x00"s + std::string(256, 'b'));
  EXPECT_EQ(encode_frame(Opcode::binary, std::string(65536, 'b')),
            "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'b'));
}

TEST(FrameWriter, UsesTheShortestLength) {
  EXPECT_EQ(encode_frame(Opcode::text, ""), "\x81\x00"s);
  EXPECT_EQ(encode_frame(Opcode::text, std::string(125, 'x')).size(), 2u + 125);
  EXPECT_EQ(encode_frame(Opcode::text, std::string(126, 'x')).size(), 4u + 126);
  EXPECT_EQ(encode_frame(Opcode::text, std::string(65535, 'x')).size(), 4u + 65535);
}

TEST(FrameWriter, AppendsToWhatIsThere) {
  base::Buffer out;
  out.append("before");
  append_frame(out, Opcode::text, "x");

  EXPECT_EQ(out.view(), "before\x81\x01x");
}

TEST(FrameWriter, WritesCloseFrames) {
  EXPECT_EQ(encode_close(close_codes::no_status, ""), "\x88\x00"s);
  EXPECT_EQ(encode_close(1000, ""), "\x88\x02\x03\xe8");
  EXPECT_EQ(encode_close(3501, "bad request"),
            "\x88\x0d\x0d\xad"
            "bad request");
}

TEST(FrameWriter, CutsALongReasonBetweenCharacters) {
  const std::string reason = std::string(122, 'x') + "\xc3\xa4";

  const std::string frame = encode_close(1000, reason);

  EXPECT_EQ(frame, "\x88\x7c\x03\xe8" + std::string(122, 'x'));
}

}  // namespace
}  // namespace duplex::ws
