// permessage-deflate: the offer, the format, and frames on a real connection.
#include "ws/deflate.h"

#include "ws/front_fixture.h"

#include <gmock/gmock.h>

namespace duplex::ws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Deflate, AcceptsOffersThatNeedNothingSpecial) {
  for (const std::string_view offer :
       {"permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        " Permessage-Deflate ;server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=\"10\"",
        "x-other; y=1, permessage-deflate",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate"})
    EXPECT_TRUE(offers_deflate(offer)) << offer;
  for (const std::string_view offer : {"",
                                       "permessage-bzip2",
                                       "permessage-deflate; server_max_window_bits=10",
                                       "permessage-deflate; client_max_window_bits=7",
                                       "permessage-deflate; client_max_window_bits=16",
                                       "permessage-deflate; client_max_window_bits=x",
                                       "permessage-deflate; server_no_context_takeover=1",
                                       "permessage-deflate; unknown",
                                       "permessage-deflate; client_max_window_bits; "
                                       "client_max_window_bits"})
    EXPECT_FALSE(offers_deflate(offer)) << offer;
}

TEST(Deflate, GoesThereAndBack) {
  std::string noise;
  for (std::uint32_t i = 0, state = 1; i < 100'000; ++i) {
    state = state * 1664525u + 1013904223u;
    noise += static_cast<char>(state >> 24);
  }
  for (const std::string& message :
       {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise}) {
    const std::string packed = deflate_message(message);
    const auto back = inflate_message(packed, message.size());
    ASSERT_TRUE(back);
    EXPECT_TRUE(*back == message) << message.size();
  }
}

TEST(Deflate, RefusesWhatIsTooLongOrBroken) {
  const std::string packed = deflate_message(std::string(1'000'000, 'x'));
  EXPECT_LT(packed.size(), 10'000u);
  EXPECT_EQ(inflate_message(packed, 999'999).error(), close_codes::message_too_big);
  EXPECT_EQ(inflate_message("\xff\xff\xff", 100).error(), close_codes::invalid_payload);
  // The example of RFC 7692: "Hello" in a block without compression, and with a block that ends
  // the stream.
  EXPECT_EQ(
      inflate_message(std::string_view("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11), 5),
      "Hello");
  EXPECT_EQ(inflate_message(std::string_view("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8), 5), "Hello");
}

class DeflateSessionTest : public FrontFixture {
 protected:
  DeflateSessionTest() { options_.compression = true; }

  RawClient open_deflating(std::string_view path) {
    RawClient client = connect();
    client.send("GET " + std::string(path) +
                " HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
                std::string(upgrade_lines));
    EXPECT_THAT(client.receive_until("\r\n\r\n"),
                HasSubstr("Sec-WebSocket-Extensions: " + std::string(deflate_answer)));
    return client;
  }
  static std::string deflated(Opcode opcode, std::string_view message) {
    const std::string packed = deflate_message(message);
    return client_frame({.opcode = opcode, .payload = packed, .reserved_bits = 4});
  }
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         DeflateSessionTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(DeflateSessionTest, LongMessagesAreCompressed) {
  RawClient client = open_deflating("/echo");
  const std::string message(10'000, 'x');
  client.send(deflated(Opcode::text, message) + client_text("short"));

  const RawClient::Frame frame = client.receive_frame();
  EXPECT_EQ(frame.first, 0xc1u);
  EXPECT_EQ(inflate_message(frame.payload, message.size()), message);
  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x81, "short"}));
}

TEST_P(DeflateSessionTest, FragmentsAreOneMessage) {
  RawClient client = open_deflating("/echo");
  const std::string packed = deflate_message("in two frames");
  client.send(client_frame({.opcode = Opcode::text,
                            .payload = packed.substr(0, 5),
                            .final = false,
                            .reserved_bits = 4}));
  client.send(client_frame({.opcode = Opcode::continuation, .payload = packed.substr(5)}));

  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x81, "in two frames"}));
}

TEST_P(DeflateSessionTest, BadCompressionEndsTheConnection) {
  RawClient broken = open_deflating("/echo");
  broken.send(client_frame({.payload = "\xff\xff\xff", .reserved_bits = 4}));
  EXPECT_EQ(broken.receive_close(), 1007);

  RawClient not_text = open_deflating("/echo");
  not_text.send(deflated(Opcode::text, "\xff"));
  EXPECT_EQ(not_text.receive_close(), 1007);

  RawClient bomb = open_deflating("/rt");
  bomb.send(deflated(Opcode::text, std::string(100'000, ' ')));
  EXPECT_EQ(bomb.receive_close(), 1009);

  RawClient continued = open_deflating("/echo");
  continued.send(client_frame({.payload = "a", .final = false}));
  continued.send(client_frame({.opcode = Opcode::continuation, .reserved_bits = 4}));
  EXPECT_EQ(continued.receive_close(), 1002);

  RawClient ping = open_deflating("/echo");
  ping.send(client_frame({.opcode = Opcode::ping, .reserved_bits = 4}));
  EXPECT_EQ(ping.receive_close(), 1002);
}

TEST_P(DeflateSessionTest, PushesAreCompressedOnceForAll) {
  RawClient first = open_deflating("/rt");
  RawClient second = open_deflating("/rt");
  RawClient plain = subscribe("news");
  for (RawClient* client : {&first, &second}) {
    client->send(
        client_text("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":"
                    "\"news\"}}"));
    client->receive_text();
  }
  publish("news", "\"" + std::string(1000, 'x') + "\"");

  const RawClient::Frame frame = first.receive_frame();
  EXPECT_EQ(frame.first, 0xc1u);
  EXPECT_EQ(second.receive_frame(), frame);
  EXPECT_EQ(inflate_message(frame.payload, 2000), plain.receive_text());
}

TEST_P(DeflateSessionTest, NothingIsAgreedOnUnlessItIsSwitchedOn) {
  options_.compression = false;
  RawClient client = connect();
  client.send("GET /echo HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
              std::string(upgrade_lines));
  EXPECT_THAT(client.receive_until("\r\n\r\n"), Not(HasSubstr("Extensions")));
  client.send(deflated(Opcode::text, "x"));
  EXPECT_EQ(client.receive_close(), 1002);
}

}  // namespace
}  // namespace duplex::ws
