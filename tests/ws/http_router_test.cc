// The addresses of the HTTP port, without a port.
#include "ws/http_router.h"

#include "realtime/json_text.h"
#include "ws/front_fixture.h"
#include "ws/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FixedDemo : public DemoState {
 public:
  void read(std::function<void(std::optional<std::string>)> done) override { done(bitmap); }
  std::optional<std::string> bitmap = std::string("\x80\x01", 2);
};

class HttpRouterTest : public ::testing::Test {
 protected:
  Routed route(HttpRequest request) {
    DemoState* demo = options_.demo ? &demo_ : nullptr;
    HttpRouter router;
    router.add(std::make_unique<RealtimeDoor>(options_));
    router.add(std::make_unique<SiteDoor>(metrics_, demo));
    HttpFront front({.loop = loop_,
                     .subscribers = subscribers_,
                     .commands = commands_,
                     .presence = presence_,
                     .live_keys = channels_,
                     .authority = authority_,
                     .options = options_,
                     .router = router,
                     .counters = counters_});
    return router.route(
        request, front, [this](HttpResponse response) { later_ = std::move(response); });
  }
  HttpResponse get(std::string_view target, std::vector<HttpField> fields = {}) {
    fields.push_back({"Host", "localhost"});
    Routed routed = route({.method = "GET", .target = target, .fields = std::move(fields)});
    if (std::holds_alternative<Deferred>(routed)) return later_.value();
    return std::get<HttpResponse>(routed);
  }
  static std::string_view field(const HttpResponse& response, std::string_view name) {
    for (const auto& [candidate, value] : response.fields)
      if (candidate == name) return value;
    return {};
  }

  pubsub::Hub hub_{1};
  net::EventLoop loop_{{.index = 0, .backend = net::BackendChoice::automatic}};
  pubsub::LoopSubscribers subscribers_{hub_, 0};
  FakeCommands commands_{subscribers_};
  realtime::Presence presence_;
  realtime::ChannelState channels_{{}, 0, false};
  realtime::Authority authority_;
  Counters counters_;
  Options options_;
  FixedMetrics metrics_;
  FixedDemo demo_;
  std::optional<HttpResponse> later_;
};

TEST_F(HttpRouterTest, AnswersHealthAndNumbers) {
  EXPECT_EQ(get("/health").body, "{\"status\":\"ok\"}\n");
  EXPECT_EQ(get("/health?probe=1").status, 200u);
  EXPECT_EQ(get("/metrics").body, "duplex_up 1\n");
  EXPECT_THAT(get("/metrics").content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_EQ(get("/api/stats").body, R"({"keys":1})");
  EXPECT_EQ(field(get("/api/stats"), "Cache-Control"), "no-store");
}

TEST_F(HttpRouterTest, ServesThePages) {
  const HttpResponse start = get("/");

  EXPECT_EQ(start.status, 200u);
  EXPECT_EQ(start.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(start.content(), StartsWith("<!doctype html>"));
  EXPECT_THAT(field(start, "Content-Security-Policy"), StartsWith("default-src 'none'"));
  for (const Page& page : pages()) {
    const std::string target = "/web/" + std::string(page.name);
    EXPECT_EQ(get(target).content(), page.bytes);
    EXPECT_FALSE(page.bytes.empty());
  }
}

TEST_F(HttpRouterTest, SaysWhenAPageHasNotChanged) {
  const std::string tag(field(get("/"), "ETag"));

  const HttpResponse again = get("/", {{"If-None-Match", tag}});
  const HttpResponse other = get("/", {{"If-None-Match", "\"other\""}});

  EXPECT_EQ(again.status, 304u);
  EXPECT_TRUE(again.content().empty());
  EXPECT_EQ(field(again, "ETag"), tag);
  EXPECT_EQ(other.status, 200u);
}

TEST_F(HttpRouterTest, NoPageNeedsAnythingFromOutside) {
  for (const Page& page : pages()) {
    for (const std::string_view outside : {"src=\"http", "href=\"http", "url(", "@import", "//cdn"})
      EXPECT_EQ(page.bytes.find(outside), std::string_view::npos) << page.name << " " << outside;
  }
}

TEST_F(HttpRouterTest, AnswersErrorsAsJson) {
  for (const std::string_view target : {"/nothing",
                                        "/web/",
                                        "/web/../CMakeLists.txt",
                                        "/web/x.js",
                                        "/demo",
                                        "/demo/state",
                                        "/echo",
                                        "//",
                                        "/health/"}) {
    const HttpResponse response = get(target);
    EXPECT_EQ(response.status, 404u) << target;
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_THAT(response.body, StartsWith(R"({"code":404,"message":")"));
    EXPECT_TRUE(realtime::is_json(response.body));
  }
}

TEST_F(HttpRouterTest, OnlyReads) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const Routed routed =
        route({.method = method, .target = "/health", .fields = {{"Host", "localhost"}}});
    EXPECT_EQ(std::get<HttpResponse>(routed).status, 405u);
    EXPECT_EQ(field(std::get<HttpResponse>(routed), "Allow"), "GET, HEAD");
  }
  const Routed head =
      route({.method = "HEAD", .target = "/health", .fields = {{"Host", "localhost"}}});
  EXPECT_EQ(std::get<HttpResponse>(head).status, 200u);
}

TEST_F(HttpRouterTest, WantsAHost) {
  const Routed modern = route({.method = "GET", .target = "/health", .fields = {}});
  const Routed old =
      route({.method = "GET", .target = "/health", .fields = {}, .is_http_1_1 = false});

  EXPECT_EQ(std::get<HttpResponse>(modern).status, 400u);
  EXPECT_EQ(std::get<HttpResponse>(old).status, 200u);
}

TEST_F(HttpRouterTest, ShowsTheDemo) {
  options_.demo = true;

  EXPECT_EQ(get("/demo").status, 200u);
  EXPECT_EQ(get("/demo/state").body, R"({"size":1000,"bitmap":"gAE="})");
  demo_.bitmap.reset();
  EXPECT_EQ(get("/demo/state").status, 503u);
}

TEST_F(HttpRouterTest, OpensItsDoors) {
  const std::vector<HttpField> fields = {{"Host", "localhost"},
                                         {"Upgrade", "websocket"},
                                         {"Connection", "Upgrade"},
                                         {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                         {"Sec-WebSocket-Version", "13"},
                                         {"Sec-WebSocket-Protocol", "centrifuge-json"}};
  for (const std::string_view target : {"/connection/websocket", "/rt", "/rt?format=json"}) {
    const Routed routed = route({.method = "GET", .target = target, .fields = fields});
    ASSERT_TRUE(std::holds_alternative<Upgrade>(routed)) << target;
    EXPECT_THAT(std::get<Upgrade>(routed).response, HasSubstr("centrifuge-json"));
  }
  options_.conformance_endpoints = true;
  const Routed echo = route({.method = "GET", .target = "/echo", .fields = fields});
  ASSERT_TRUE(std::holds_alternative<Upgrade>(echo));
}

TEST_F(HttpRouterTest, TellsBrowsersThatADoorIsNoPage) {
  const HttpResponse response = get("/connection/websocket");

  EXPECT_EQ(response.status, 426u);
  EXPECT_EQ(field(response, "Upgrade"), "websocket");
}

TEST(HttpRequest, FindsItsFields) {
  const HttpRequest request{
      .method = "GET",
      .target = "/a/b?c=d?e",
      .fields = {{"Connection", "keep-alive"}, {"CONNECTION", " x ,upgrade\t, y"}, {"Empty", ""}}};

  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.field("connection"), "keep-alive");
  EXPECT_TRUE(request.field_lists("connection", "Upgrade"));
  EXPECT_TRUE(request.field_lists("connection", "y"));
  EXPECT_FALSE(request.field_lists("connection", "up"));
  EXPECT_TRUE(request.has_field("empty"));
  EXPECT_FALSE(request.has_field("other"));
}

}  // namespace
}  // namespace duplex::ws
