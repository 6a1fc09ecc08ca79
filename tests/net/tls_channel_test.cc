// Handshakes, records and hostile bytes, without a socket.
#include "net/tls_channel.h"

#include "net/tls_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace duplex::net {
namespace {

using State = TlsChannel::State;

// A channel with the queue that it writes to.
struct End {
  explicit End(const TlsContext& context) : channel(context, wire) {}

  // Returns the plain text.
  std::string receive(std::string_view bytes) {
    channel.feed({bytes.data(), bytes.size()});
    std::string plain;
    std::array<char, tls_record_bytes_max> part;
    while (const std::size_t count = channel.read(part))
      plain.append(part.data(), count);
    return plain;
  }
  std::string take() {
    std::string bytes;
    while (!wire.empty()) {
      std::array<iovec, 8> pieces;
      const auto gathered = wire.gather(pieces, wire.size());
      for (std::size_t i = 0; i < gathered.segments; ++i)
        bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      wire.consume(gathered.bytes);
    }
    return bytes;
  }

  OutQueue wire;
  TlsChannel channel;
};

void shake(End& end, TlsClient& client) {
  for (int round = 0; round < 5; ++round) {
    client.shake();
    const std::string sent = client.take();
    end.receive(sent);
    client.give(end.take());
  }
}

std::shared_ptr<const TlsContext> usual_context() {
  static const auto made = context_of(certificates().options());
  return made;
}

class TlsVersionTest : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Net,
                         TlsVersionTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersionTest, CarriesTextBothWays) {
  End end(*usual_context());
  TlsClient client(GetParam());
  shake(end, client);
  ASSERT_EQ(end.channel.state(), State::open);
  client.write("a request");
  EXPECT_EQ(end.receive(client.take()), "a request");
  end.channel.plain().tail().append("a reply");
  end.channel.seal(false);
  EXPECT_TRUE(end.channel.plain().empty());
  client.give(end.take());
  EXPECT_EQ(client.read(), "a reply");
}

TEST_P(TlsVersionTest, TakesBytesOneByOne) {
  End end(*usual_context());
  TlsClient client(GetParam());
  std::string received;
  const auto trickle = [&] {
    for (const char byte : client.take())
      received += end.receive({&byte, 1});
    client.give(end.take());
  };
  for (int round = 0; round < 4; ++round) {
    client.shake();
    trickle();
  }
  ASSERT_EQ(end.channel.state(), State::open);
  client.write(std::string(40'000, 'x'));
  trickle();
  EXPECT_TRUE(received == std::string(40'000, 'x'));
}

// What comes with the last words of the handshake is not lost.
TEST(TlsChannelTest, ReadsARequestThatComesWithTheHandshake) {
  End end(*usual_context());
  TlsClient client;
  client.shake();
  end.receive(client.take());
  client.give(end.take());
  ASSERT_TRUE(client.shake());
  client.write("early");
  EXPECT_EQ(end.receive(client.take()), "early");
}

TEST(TlsChannelTest, KeepsTextUntilHandsAreShaken) {
  End end(*usual_context());
  TlsClient client;
  end.channel.plain().tail().append("too many clients");
  end.channel.seal(true);
  EXPECT_TRUE(end.wire.empty());
  EXPECT_EQ(end.channel.plain().size(), 16u);
  shake(end, client);
  end.channel.seal(true);
  client.give(end.take());
  EXPECT_EQ(client.read(), "too many clients");
  EXPECT_TRUE(client.has_goodbye());
}

TEST(TlsChannelTest, JoinsSmallPiecesInOneRecord) {
  End end(*usual_context());
  TlsClient client;
  shake(end, client);
  client.read();
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string piece(600, static_cast<char>('a' + i));
    end.channel.plain().tail().append(piece);
    end.channel.plain().seal();
    expected += piece;
  }
  end.channel.seal(false);
  const std::string sealed = end.take();
  EXPECT_LT(sealed.size(), expected.size() + 60);
  client.give(sealed);
  EXPECT_TRUE(client.read() == expected);
}

TEST(TlsChannelTest, SealsALongReplyInTurns) {
  End end(*usual_context());
  TlsClient client;
  shake(end, client);
  const std::string reply(3'000'000, 'r');
  end.channel.plain().append_shared(std::make_shared<const std::string>(reply));
  std::string received;
  int turns = 0;
  do {
    end.channel.seal(true);
    EXPECT_LE(end.wire.size(), tls_sealed_bytes_max + 2 * tls_record_bytes_max);
    client.give(end.take());
    received += client.read();
    ++turns;
  } while (!end.channel.plain().empty());
  EXPECT_TRUE(received == reply);
  EXPECT_GT(turns, 5);
  EXPECT_TRUE(client.has_goodbye());
}

TEST(TlsChannelTest, GoesOnSendingWhenThePeerHasSaidGoodbye) {
  End end(*usual_context());
  TlsClient client;
  shake(end, client);
  client.write("last request");
  SSL_shutdown(client.native());
  EXPECT_EQ(end.receive(client.take()), "last request");
  EXPECT_EQ(end.channel.state(), State::ended);
  EXPECT_EQ(end.receive("anything"), "");
  end.channel.plain().tail().append("last reply");
  end.channel.seal(true);
  client.give(end.take());
  EXPECT_EQ(client.read(), "last reply");
}

TEST(TlsChannelTest, AnswersPlainTextWithAnAlertAtMost) {
  for (const std::string text : {"PING\r\n", "*1\r\n$4\r\nPING\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    End end(*usual_context());
    EXPECT_EQ(end.receive(text), "");
    EXPECT_EQ(end.channel.state(), State::failed) << text;
    EXPECT_NE(end.channel.error(), "");
    EXPECT_LE(end.wire.size(), 16u);
  }
}

// Every cut leaves a channel that waits; every changed byte one that waits, fails or is open.
TEST(TlsChannelTest, SurvivesHandshakesThatAreCutOrChanged) {
  TlsClient model;
  model.shake();
  const std::string hello = model.take();
  for (std::size_t cut = 0; cut < hello.size(); ++cut) {
    End end(*usual_context());
    EXPECT_EQ(end.receive(hello.substr(0, cut)), "");
    EXPECT_EQ(end.channel.state(), State::shaking) << cut;
  }
  for (std::size_t place = 0; place < hello.size(); ++place) {
    std::string changed = hello;
    changed[place] = static_cast<char>(changed[place] ^ 0x41);
    End end(*usual_context());
    EXPECT_EQ(end.receive(changed), "");
    EXPECT_NE(end.channel.state(), State::open) << place;
  }
}

TEST_P(TlsVersionTest, RefusesRecordsThatWereChanged) {
  for (std::size_t place = 0; place < 60; ++place) {
    End end(*usual_context());
    TlsClient client(GetParam());
    shake(end, client);
    client.write(std::string(40, 'x'));
    std::string sealed = client.take();
    if (place >= sealed.size()) break;
    sealed[place] = static_cast<char>(sealed[place] ^ 1);
    EXPECT_EQ(end.receive(sealed), "") << place;
    EXPECT_NE(end.channel.state(), State::ended) << place;
  }
}

TEST(TlsChannelTest, LimitsWhatAHandshakeMaySend) {
  End end(*usual_context());
  // A ClientHello that claims to be almost as long as OpenSSL allows, in records of 16,000 bytes.
  const std::string hello_head("\x01\x01\xf0\x00", 4);
  const std::string record_head("\x16\x03\x01\x3e\x80", 5);
  EXPECT_EQ(end.receive(record_head + hello_head + std::string(15'996, 'h')), "");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(end.channel.state(), State::shaking) << i;
    end.receive(record_head + std::string(16'000, 'h'));
  }
  end.receive(record_head + std::string(16'000, 'h'));
  EXPECT_EQ(end.channel.state(), State::failed);
}

TEST(TlsChannelTest, EndsAPeerThatOnlyAsksForNewKeys) {
  End end(*usual_context());
  TlsClient client;
  shake(end, client);
  std::size_t rounds = 0;
  while (end.channel.state() == State::open && rounds < 10'000) {
    SSL_key_update(client.native(), SSL_KEY_UPDATE_REQUESTED);
    client.shake();
    end.receive(client.take());
    ++rounds;
  }
  EXPECT_EQ(end.channel.state(), State::failed);
  EXPECT_EQ(end.channel.error(), "too many key updates");
  EXPECT_LE(end.wire.size(), 2 * tls_answer_bytes_max);
}

TEST(TlsChannelTest, AnswersKeyUpdatesOfAPeerThatReads) {
  End end(*usual_context());
  TlsClient client;
  shake(end, client);
  for (int i = 0; i < 2000; ++i) {
    SSL_key_update(client.native(), SSL_KEY_UPDATE_REQUESTED);
    client.write("ping");
    ASSERT_EQ(end.receive(client.take()), "ping");
    end.channel.plain().tail().append("pong");
    end.channel.seal(false);
    client.give(end.take());
    ASSERT_EQ(client.read(), "pong");
  }
}

TEST(TlsChannelTest, DoesNotRenegotiate) {
  End end(*usual_context());
  TlsClient client(TLS1_2_VERSION);
  shake(end, client);
  ASSERT_EQ(end.channel.state(), State::open);
  SSL_renegotiate(client.native());
  client.shake();
  end.receive(client.take());
  client.give(end.take());
  client.shake();
  EXPECT_NE(end.channel.state(), State::shaking);
}

TEST_P(TlsVersionTest, ResumesSessionsUnlessCachingIsOff) {
  for (const bool caching : {true, false}) {
    TlsOptions options = certificates().options();
    options.session_caching = caching;
    const auto context = context_of(options);
    SSL_SESSION* session = nullptr;
    {
      End end(*context);
      TlsClient client(GetParam());
      shake(end, client);
      client.read();
      session = SSL_get1_session(client.native());
      // A connection that ends without a goodbye would spoil it.
      SSL_set_shutdown(client.native(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    End end(*context);
    TlsClient client(GetParam(), session);
    shake(end, client);
    EXPECT_EQ(end.channel.state(), State::open);
    EXPECT_EQ(SSL_session_reused(client.native()) == 1, caching);
    SSL_SESSION_free(session);
  }
}

TEST_P(TlsVersionTest, AsksForCertificates) {
  TlsOptions options = certificates().options();
  const auto outcome = [&](ClientCertificates asked, bool shown) {
    options.client_certificates = asked;
    const auto context = context_of(options);
    End end(*context);
    TlsClient client(GetParam());
    if (shown) client.show(certificates().path("client.crt"), certificates().path("client.key"));
    shake(end, client);
    return end.channel.state();
  };
  EXPECT_EQ(outcome(ClientCertificates::no, false), State::open);
  EXPECT_EQ(outcome(ClientCertificates::optional, false), State::open);
  EXPECT_EQ(outcome(ClientCertificates::optional, true), State::open);
  EXPECT_EQ(outcome(ClientCertificates::yes, true), State::open);
  EXPECT_EQ(outcome(ClientCertificates::yes, false), State::failed);
}

}  // namespace
}  // namespace duplex::net
