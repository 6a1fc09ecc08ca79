// The frame parser against every rule of RFC 6455 that binds a client, cut at every byte.
#include "ws/frame_parser.h"

#include "ws/client_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {
namespace {

using Event = FrameParser::Event;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

struct Seen {
  Event event;
  std::string payload;
  CloseCode code = 0;  // of a close or a failure
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "{event " << static_cast<int>(seen.event) << ", " << seen.payload.size()
             << " bytes '" << seen.payload.substr(0, 40) << "', code " << seen.code << "}";
}

// Feeds one piece, copied into a block of its exact size so that a sanitizer sees over-reads.
void feed(FrameParser& parser, std::string_view piece, std::vector<Seen>& seen) {
  const std::unique_ptr<char[]> block(new char[piece.size()]);
  std::copy(piece.begin(), piece.end(), block.get());
  std::string_view input(block.get(), piece.size());
  while (true) {
    const Event event = parser.next(input);
    if (event == Event::need_more) {
      EXPECT_TRUE(input.empty());
      break;
    }
    Seen one{event, std::string(parser.payload()), 0};
    if (event == Event::close) one.code = parser.close_code();
    if (event == Event::failed) one.code = parser.failure().code;
    seen.push_back(one);
    if (event == Event::failed || event == Event::close) break;
  }
  parser.release_idle_memory();
}

std::vector<Seen> parse(std::string_view bytes, FrameLimits limits = {}) {
  FrameParser parser(limits);
  std::vector<Seen> seen;
  feed(parser, bytes, seen);
  return seen;
}

// What comes out must not depend on how the input is cut.
std::vector<Seen> parse_cut(std::string_view bytes, FrameLimits limits = {}) {
  const std::vector<Seen> whole = parse(bytes, limits);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    FrameParser parser(limits);
    std::vector<Seen> seen;
    feed(parser, bytes.substr(0, cut), seen);
    if (seen.empty() || (seen.back().event != Event::failed && seen.back().event != Event::close))
      feed(parser, bytes.substr(cut), seen);
    EXPECT_EQ(seen, whole) << "cut at " << cut;
  }
  FrameParser parser(limits);
  std::vector<Seen> seen;
  for (const char& byte : bytes) {
    feed(parser, {&byte, 1}, seen);
    if (!seen.empty() && (seen.back().event == Event::failed || seen.back().event == Event::close))
      break;
  }
  EXPECT_EQ(seen, whole) << "byte by byte";
  return whole;
}

std::vector<Seen> failed(CloseCode code) {
  return {{Event::failed, "", code}};
}

TEST(FrameParser, ReadsTheExampleOfTheStandard) {
  EXPECT_THAT(parse_cut("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
              ElementsAre(Seen{Event::text, "Hello", 0}));
}

TEST(FrameParser, ReadsMessagesOfEveryLengthForm) {
  for (const std::size_t size : {0, 1, 7, 8, 9, 124, 125, 126, 127, 300}) {
    SCOPED_TRACE(size);
    const std::string payload(size, 'x');
    EXPECT_THAT(parse_cut(client_text(payload)), ElementsAre(Seen{Event::text, payload, 0}));
  }
  for (const std::size_t size : {65535, 65536}) {
    SCOPED_TRACE(size);
    const std::string payload(size, 'y');
    EXPECT_THAT(parse(client_frame({.opcode = Opcode::binary, .payload = payload})),
                ElementsAre(Seen{Event::binary, payload, 0}));
  }
}

TEST(FrameParser, ReadsSeveralFramesOfOneInput) {
  const std::string bytes = client_text("one") + client_frame({.opcode = Opcode::ping}) +
                            client_frame({.opcode = Opcode::binary, .payload = "\xff"}) +
                            client_frame({.opcode = Opcode::pong, .payload = "p"});

  EXPECT_THAT(parse_cut(bytes),
              ElementsAre(Seen{Event::text, "one", 0},
                          Seen{Event::ping, "", 0},
                          Seen{Event::binary, "\xff", 0},
                          Seen{Event::pong, "p", 0}));
}

TEST(FrameParser, PutsFragmentsTogetherAroundControlFrames) {
  const std::string bytes = client_frame({.payload = "Hel", .final = false, .mask = 0x01020304}) +
                            client_frame({.opcode = Opcode::ping, .payload = "between"}) +
                            client_frame({.opcode = Opcode::continuation, .final = false}) +
                            client_frame({.opcode = Opcode::pong, .payload = "again"}) +
                            client_frame({.opcode = Opcode::continuation, .payload = "lo"}) +
                            client_text("next");

  EXPECT_THAT(parse_cut(bytes),
              ElementsAre(Seen{Event::ping, "between", 0},
                          Seen{Event::pong, "again", 0},
                          Seen{Event::text, "Hello", 0},
                          Seen{Event::text, "next", 0}));
}

TEST(FrameParser, ReadsCloseFrames) {
  EXPECT_THAT(parse_cut(client_frame({.opcode = Opcode::close})),
              ElementsAre(Seen{Event::close, "", close_codes::no_status}));
  EXPECT_THAT(parse_cut(client_close(1000, "")), ElementsAre(Seen{Event::close, "", 1000}));
  EXPECT_THAT(parse_cut(client_close(4321, "gr\xc3\xbc\xc3\x9f")),
              ElementsAre(Seen{Event::close, "gr\xc3\xbc\xc3\x9f", 4321}));
}

TEST(FrameParser, ReadsACloseFrameInsideAFragmentedMessage) {
  const std::string bytes =
      client_frame({.payload = "unfinished", .final = false}) + client_close(1001, "bye");

  EXPECT_THAT(parse_cut(bytes), ElementsAre(Seen{Event::close, "bye", 1001}));
}

TEST(FrameParser, RefusesHeadersThatBreakTheRules) {
  const std::string long_payload(126, 'x');
  const struct {
    std::string_view name;
    ClientFrame frame;
  } cases[] = {
      {"RSV1", {.payload = "x", .reserved_bits = 4}},
      {"RSV2", {.payload = "x", .reserved_bits = 2}},
      {"RSV3", {.payload = "x", .reserved_bits = 1}},
      {"not masked", {.payload = "x", .masked = false}},
      {"not masked, empty", {.masked = false}},
      {"opcode 3", {.opcode = static_cast<Opcode>(3), .payload = "x"}},
      {"opcode 7", {.opcode = static_cast<Opcode>(7), .payload = "x"}},
      {"opcode 11", {.opcode = static_cast<Opcode>(11), .payload = "x"}},
      {"opcode 15", {.opcode = static_cast<Opcode>(15), .payload = "x"}},
      {"ping in fragments", {.opcode = Opcode::ping, .final = false}},
      {"pong in fragments", {.opcode = Opcode::pong, .final = false}},
      {"close in fragments", {.opcode = Opcode::close, .final = false}},
      {"long ping", {.opcode = Opcode::ping, .payload = long_payload}},
      {"long pong", {.opcode = Opcode::pong, .payload = long_payload}},
      {"long close", {.opcode = Opcode::close, .payload = long_payload}},
      {"short ping with 16-bit length", {.opcode = Opcode::ping, .length_bits = 16}},
      {"continues nothing", {.opcode = Opcode::continuation, .payload = "x"}},
      {"starts by continuing", {.opcode = Opcode::continuation, .payload = "x", .final = false}},
      {"5 in 16 bits", {.payload = "12345", .length_bits = 16}},
      {"125 in 16 bits", {.payload = {long_payload.data(), 125}, .length_bits = 16}},
      {"5 in 64 bits", {.payload = "12345", .length_bits = 64}},
      {"126 in 64 bits", {.payload = long_payload, .length_bits = 64}},
      {"65535 in 64 bits", {.length_bits = 64, .announced_length = 65535}},
      {"top bit of the length", {.length_bits = 64, .announced_length = std::uint64_t{1} << 63}},
      {"all bits of the length", {.length_bits = 64, .announced_length = ~std::uint64_t{0}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(parse_cut(client_frame(c.frame)), failed(close_codes::protocol_error));
  }
}

TEST(FrameParser, RefusesAHeaderAtItsSecondByte) {
  FrameParser parser({});
  std::string_view unmasked = "\x81\x05";

  EXPECT_EQ(parser.next(unmasked), Event::failed);
}

TEST(FrameParser, StaysFailed) {
  FrameParser parser({});
  std::string_view wrong = "\xff\xff";
  ASSERT_EQ(parser.next(wrong), Event::failed);
  const std::string good = client_text("x");
  std::string_view input = good;

  EXPECT_EQ(parser.next(input), Event::failed);
  EXPECT_EQ(parser.failure().code, close_codes::protocol_error);
}

TEST(FrameParser, RefusesANewMessageInsideAFragmentedOne) {
  const std::string start = client_frame({.payload = "a", .final = false});
  for (const Opcode opcode : {Opcode::text, Opcode::binary}) {
    const std::string bytes = start + client_frame({.opcode = opcode, .payload = "b"});
    EXPECT_EQ(parse_cut(bytes), failed(close_codes::protocol_error));
  }
}

TEST(FrameParser, RefusesBadCloseFrames) {
  EXPECT_EQ(parse_cut(client_frame({.opcode = Opcode::close, .payload = "\x03"})),
            failed(close_codes::protocol_error));
  constexpr CloseCode codes[] = {
      0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
  for (const CloseCode code : codes) {
    SCOPED_TRACE(code);
    EXPECT_EQ(parse_cut(client_close(code, "x")), failed(close_codes::protocol_error));
  }
  EXPECT_EQ(parse_cut(client_close(1000, "\xff")), failed(close_codes::invalid_payload));
  EXPECT_EQ(parse_cut(client_close(1000, "\xc3")), failed(close_codes::invalid_payload));
}

TEST(FrameParser, AcceptsEveryCloseCodeAPeerMaySend) {
  constexpr CloseCode codes[] = {1000,
                                 1001,
                                 1002,
                                 1003,
                                 1007,
                                 1008,
                                 1009,
                                 1010,
                                 1011,
                                 1012,
                                 1013,
                                 1014,
                                 3000,
                                 3999,
                                 4000,
                                 4999};
  for (const CloseCode code : codes) {
    SCOPED_TRACE(code);
    EXPECT_THAT(parse(client_close(code, "")), ElementsAre(Seen{Event::close, "", code}));
  }
}

TEST(FrameParser, AcceptsTextCutInsideCharacters) {
  const std::string text = "\xce\xba\xe1\xbd\xb9\xcf\x83\xf0\x9f\x98\x80";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string bytes =
        client_frame({.payload = std::string_view(text).substr(0, cut), .final = false}) +
        client_frame({.opcode = Opcode::ping, .payload = "\xff"}) +
        client_frame(
            {.opcode = Opcode::continuation, .payload = std::string_view(text).substr(cut)});
    EXPECT_THAT(parse_cut(bytes),
                ElementsAre(Seen{Event::ping, "\xff", 0}, Seen{Event::text, text, 0}));
  }
}

TEST(FrameParser, RefusesTextThatIsNotUtf8) {
  for (const std::string_view text :
       {"\xff", "\x80", "abc\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f"})
    EXPECT_EQ(parse_cut(client_text(text)), failed(close_codes::invalid_payload));
}

TEST(FrameParser, RefusesBadTextBeforeTheMessageEnds) {
  FrameParser parser({});
  const std::string bytes =
      client_frame({.payload = "good\xff rest that has not arrived", .final = false});
  std::string_view input = std::string_view(bytes).substr(0, 11);

  EXPECT_EQ(parser.next(input), Event::failed);
  EXPECT_EQ(parser.failure().code, close_codes::invalid_payload);
}

TEST(FrameParser, DoesNotLookIntoBinaryMessages) {
  EXPECT_THAT(parse_cut(client_frame({.opcode = Opcode::binary, .payload = "\xff\xc0"})),
              ElementsAre(Seen{Event::binary, "\xff\xc0", 0}));
}

TEST(FrameParser, HoldsTheLimitOfBytes) {
  const FrameLimits limits{.message_bytes_max = 10, .fragments_max = 100};
  const std::string exact = client_frame({.payload = "12345", .final = false}) +
                            client_frame({.opcode = Opcode::continuation, .payload = "67890"});
  const std::string over = client_frame({.payload = "12345", .final = false}) +
                           client_frame({.opcode = Opcode::continuation, .payload = "678901"});

  EXPECT_THAT(parse_cut(exact, limits), ElementsAre(Seen{Event::text, "1234567890", 0}));
  EXPECT_EQ(parse_cut(over, limits), failed(close_codes::message_too_big));
  EXPECT_EQ(parse_cut(client_text("12345678901"), limits), failed(close_codes::message_too_big));
}

TEST(FrameParser, RefusesABigMessageAtItsHeader) {
  const std::string header = client_frame(
      {.opcode = Opcode::binary, .length_bits = 64, .announced_length = (1ull << 63) - 1});

  EXPECT_EQ(parse_cut(header), failed(close_codes::message_too_big));
}

TEST(FrameParser, HoldsTheLimitOfFragments) {
  const FrameLimits limits{.message_bytes_max = 100, .fragments_max = 3};
  const std::string first = client_frame({.final = false});
  const std::string middle = client_frame({.opcode = Opcode::continuation, .final = false});
  const std::string last = client_frame({.opcode = Opcode::continuation});

  EXPECT_THAT(parse_cut(first + middle + last, limits), ElementsAre(Seen{Event::text, "", 0}));
  EXPECT_EQ(parse_cut(first + middle + middle + last, limits),
            failed(close_codes::message_too_big));
}

TEST(FrameParser, CountsEveryMessageAnew) {
  const FrameLimits limits{.message_bytes_max = 4, .fragments_max = 2};
  std::string bytes;
  std::vector<Seen> expected;
  for (int i = 0; i < 5; ++i) {
    bytes += client_frame({.payload = "ab", .final = false}) +
             client_frame({.opcode = Opcode::continuation, .payload = "cd"});
    expected.push_back({Event::text, "abcd", 0});
  }

  EXPECT_THAT(parse_cut(bytes, limits), ElementsAreArray(expected));
}

TEST(FrameParser, SeesAFlippedBitOfAHeader) {
  // Of the first two bytes every single flip leads to a failure, to waiting, or to another event;
  // never to the same message.
  const std::string good = client_text("payload");
  for (std::size_t byte = 0; byte < 6 + 7; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = good;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      EXPECT_NE(parse(flipped), parse(good)) << "byte " << byte << " bit " << bit;
    }
  }
}

TEST(FrameParser, KeepsAnUnfinishedMessageWhenIdleMemoryIsReleased) {
  FrameParser parser({});
  const std::string bytes = client_frame({.payload = "first ", .final = false}) +
                            client_frame({.opcode = Opcode::continuation, .payload = "second"});
  std::vector<Seen> seen;
  feed(parser, std::string_view(bytes).substr(0, 15), seen);
  parser.release_idle_memory();
  feed(parser, std::string_view(bytes).substr(15), seen);

  EXPECT_THAT(seen, ElementsAre(Seen{Event::text, "first second", 0}));
}

}  // namespace
}  // namespace duplex::ws
