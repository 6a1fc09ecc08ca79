// Tests of the WebSocket scanner.
#include "bench/load/web_socket_scanner.h"

#include <gtest/gtest.h>

namespace duplex::load {
namespace {

constexpr std::string_view push = R"({"push":{"channel":"c","pub":{"data":{"n":1}}}})";

std::string server_frame(unsigned opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80u | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() < 65536) {
    frame += '\x7e';
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  } else {
    frame += '\x7f';
    for (int shift = 56; shift >= 0; shift -= 8) {
      frame += static_cast<char>(payload.size() >> shift & 0xff);
    }
  }
  return frame.append(payload);
}

std::string push_of(std::size_t bytes) {
  const std::string head = R"({"push":{"channel":"c","pub":{"data":")";
  return head + std::string(bytes - head.size() - 4, 'x') + R"("}}})";
}

TEST(WebSocketScanner, CountsPushesHoweverTheyAreCut) {
  const std::string stream = server_frame(1, std::string(push) + "\n" + std::string(push)) +
                             server_frame(1, push_of(300)) + server_frame(1, "{}") +
                             server_frame(1, R"({"id":2,"subscribe":{}})") + server_frame(9, "");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    WebSocketScanner scanner;
    const auto first = scanner.feed(std::string_view(stream).substr(0, cut));
    const auto second = scanner.feed(std::string_view(stream).substr(cut));

    EXPECT_EQ(first + second, 3u) << cut;
    EXPECT_EQ(scanner.tally().pings, 2u);
    EXPECT_EQ(scanner.tally().replies, 1u);
    EXPECT_EQ(scanner.tally().first_error, "");
  }
}

TEST(WebSocketScanner, ReadsTheLongestLengthForm) {
  WebSocketScanner scanner;

  EXPECT_EQ(scanner.feed(server_frame(1, push_of(70'000)) + server_frame(1, push)), 2u);
}

TEST(WebSocketScanner, TakesAJoinForNoDelivery) {
  WebSocketScanner scanner;

  EXPECT_EQ(scanner.feed(server_frame(1, R"({"push":{"channel":"c","join":{}}})")), 0u);
}

TEST(WebSocketScanner, KeepsErrorsAndTheReasonOfAClose) {
  WebSocketScanner refused;
  refused.feed(server_frame(1, R"({"id":2,"error":{"code":103}})"));
  WebSocketScanner closed;
  closed.feed(server_frame(8,
                           "\x0d\xac"
                           "invalid token"));

  EXPECT_EQ(refused.tally().first_error, R"({"id":2,"error":{"code":103}})");
  EXPECT_TRUE(closed.is_closed());
  EXPECT_EQ(closed.tally().first_error, "invalid token");
}

TEST(ClientFrame, IsMasked) {
  const std::string frame = client_frame(text_opcode, "{}");

  ASSERT_EQ(frame.size(), 2u + 4u + 2u);
  EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x81u);
  EXPECT_EQ(static_cast<unsigned char>(frame[1]), 0x82u);
  EXPECT_EQ(frame[6] ^ frame[2], '{');
  EXPECT_EQ(frame[7] ^ frame[3], '}');
}

}  // namespace
}  // namespace duplex::load
