// The opening handshake and who may make it.
#include "ws/handshake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {
namespace {

constexpr std::string_view example_key = "dGhlIHNhbXBsZSBub25jZQ==";

HttpRequest good_request() {
  return {.method = "GET",
          .target = "/rt",
          .fields = {{"Host", "example.com"},
                     {"Upgrade", "websocket"},
                     {"Connection", "keep-alive, Upgrade"},
                     {"Sec-WebSocket-Key", example_key},
                     {"Sec-WebSocket-Version", "13"}}};
}

HttpRequest changed(std::string_view name, std::string_view value) {
  HttpRequest request = good_request();
  for (HttpField& field : request.fields)
    if (field.name == name) field.value = value;
  return request;
}

HttpRequest without(std::string_view name) {
  HttpRequest request = good_request();
  std::erase_if(request.fields, [&](const HttpField& field) { return field.name == name; });
  return request;
}

HttpRequest with(std::string_view name, std::string_view value) {
  HttpRequest request = good_request();
  request.fields.push_back({name, value});
  return request;
}

unsigned refused(const HttpRequest& request) {
  const auto response = accept_handshake(request, OriginPolicy({}), "");
  return response ? 101 : response.error().status;
}

TEST(Handshake, AnswersTheExampleOfTheStandard) {
  EXPECT_EQ(accept_key(example_key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, AcceptsAGoodRequest) {
  const auto response = accept_handshake(good_request(), OriginPolicy({}), "centrifuge-json");

  ASSERT_TRUE(response);
  EXPECT_EQ(*response,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Handshake, ChoosesItsSubprotocolWhenItIsOffered) {
  const auto response =
      accept_handshake(with("Sec-WebSocket-Protocol", "centrifuge-protobuf, centrifuge-json"),
                       OriginPolicy({}),
                       "centrifuge-json");
  const auto other =
      accept_handshake(with("Sec-WebSocket-Protocol", "soap"), OriginPolicy({}), "centrifuge-json");

  EXPECT_NE(response->find("\r\nSec-WebSocket-Protocol: centrifuge-json\r\n"), std::string::npos);
  EXPECT_EQ(other->find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST(Handshake, DoesNotCareForCase) {
  EXPECT_EQ(refused(changed("Upgrade", "WebSocket")), 101);
  EXPECT_EQ(refused(changed("Connection", "UPGRADE")), 101);
}

TEST(Handshake, RefusesWhatIsNoUpgrade) {
  EXPECT_EQ(refused(without("Upgrade")), 426);
  EXPECT_EQ(refused(without("Connection")), 426);
  EXPECT_EQ(refused(changed("Upgrade", "h2c")), 426);
  EXPECT_EQ(refused(changed("Connection", "close")), 426);
}

TEST(Handshake, RefusesOtherMethodsAndVersions) {
  HttpRequest post = good_request();
  post.method = "POST";
  HttpRequest old = good_request();
  old.is_http_1_1 = false;

  EXPECT_EQ(refused(post), 400);
  EXPECT_EQ(refused(old), 400);
  EXPECT_EQ(refused(without("Sec-WebSocket-Version")), 426);
  EXPECT_EQ(refused(changed("Sec-WebSocket-Version", "8")), 426);
}

TEST(Handshake, RefusesBadKeys) {
  EXPECT_EQ(refused(without("Sec-WebSocket-Key")), 400);
  for (const std::string_view key : {"",
                                     "short",
                                     "dGhlIHNhbXBsZSBub25jZQ=",
                                     "dGhlIHNhbXBsZSBub25jZ===",
                                     "dGhlIHNhbXBsZSBub25jZQ==x",
                                     "dGhl IHNhbXBsZSBub25jZQ=="})
    EXPECT_EQ(refused(changed("Sec-WebSocket-Key", key)), 400) << key;
}

TEST(Handshake, RefusesForeignPages) {
  EXPECT_EQ(refused(with("Origin", "http://evil.example")), 403);
  EXPECT_EQ(refused(with("Origin", "http://example.com")), 101);
}

struct OriginCase {
  std::string_view origin, host;
  bool allowed;
};

TEST(OriginPolicy, AllowsTheOwnHostByDefault) {
  const OriginCase cases[] = {
      {"http://example.com", "example.com", true},
      {"https://example.com", "example.com", true},
      {"http://Example.COM", "example.com", true},
      {"http://example.com:80", "example.com", true},
      {"http://example.com", "example.com:80", true},
      {"https://example.com:443", "example.com", true},
      {"http://example.com:8080", "example.com:8080", true},
      {"http://127.0.0.1:8080", "127.0.0.1:8080", true},
      {"http://[::1]:8080", "[::1]:8080", true},
      {"http://[::1]", "[::1]", true},
      {"http://example.com:8080", "example.com", false},
      {"http://example.com", "example.com:8080", false},
      {"http://localhost:8080", "127.0.0.1:8080", false},
      {"http://example.com.evil.example", "example.com", false},
      {"http://evil.example/example.com", "example.com", false},
      {"null", "example.com", false},
      {"", "example.com", false},
      {"file://", "example.com", false},
      {"http://", "", false},
  };
  for (const OriginCase& c : cases) {
    const HttpRequest request{
        .method = "GET", .target = "/rt", .fields = {{"Host", c.host}, {"Origin", c.origin}}};
    EXPECT_EQ(OriginPolicy({}).allows(request), c.allowed) << c.origin << " at " << c.host;
  }
}

TEST(OriginPolicy, AllowsWhatIsListedAndNothingElse) {
  const OriginPolicy policy({"https://*.example.com", "http://app.test:3000"});
  const OriginCase cases[] = {
      {"https://www.example.com", "rt.example.com", true},
      {"HTTPS://WWW.example.com", "rt.example.com", true},
      {"http://app.test:3000", "rt.example.com", true},
      {"http://app.test", "rt.example.com", false},
      {"https://example.com", "rt.example.com", false},
      {"https://rt.example.org", "rt.example.org", false},
  };
  for (const OriginCase& c : cases) {
    const HttpRequest request{
        .method = "GET", .target = "/rt", .fields = {{"Host", c.host}, {"Origin", c.origin}}};
    EXPECT_EQ(policy.allows(request), c.allowed) << c.origin;
  }
}

TEST(OriginPolicy, AllowsProgramsWhichSendNone) {
  EXPECT_TRUE(OriginPolicy({}).allows(good_request()));
}

}  // namespace
}  // namespace duplex::ws
