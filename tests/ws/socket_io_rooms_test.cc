// Sockets of one loop in rooms, over polling and WebSocket.
#include "ws/socket_io_rooms.h"

#include "ws/engine_door.h"
#include "ws/engine_sessions.h"
#include "ws/frame_writer.h"
#include "ws/front_fixture.h"
#include "ws/socket_io_service.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {
namespace {

// Remembers who is there, and the last call.
class Recorder final : public EventRouter {
 public:
  void on_loop(HttpFront&, SocketIoRooms& rooms) override { rooms_ = &rooms; }
  void on_connected(SocketIoSocket& socket, std::string_view) override {
    ids_.push_back(socket.id());
  }
  void on_disconnected(SocketIoSocket& socket) override {
    left_.push_back(fmt::format("{}", fmt::join(socket.rooms(), " ")));
  }
  bool handle(SocketIoSocket& socket, const SocketIoCall& call) override {
    if (call.event != "bye") return false;
    socket.disconnect(call.arguments == "true");
    return true;
  }

  SocketIoRooms* rooms_ = nullptr;
  std::vector<std::string> ids_;
  std::vector<std::string> left_;
};

class SocketIoRoomsTest : public FrontFixture {
 protected:
  SocketIoRoomsTest() {
    router_.add(std::make_unique<EngineDoor>(
        EngineOptions{.queue_bytes_max = 5000, .sessions_max = 4},
        std::vector<std::string>(),
        std::make_unique<SocketIoService>(SocketIoOptions{.namespaces = {"/", "/b"}},
                                          std::vector<EventRouter*>{&recorder_})));
  }
  ~SocketIoRoomsTest() override { stop(); }

  // A socket in the namespace, by WebSocket.
  RawClient join(std::string_view name_space) {
    RawClient client = open("/socket.io/?EIO=4&transport=websocket");
    EXPECT_TRUE(client.receive_text().starts_with("0{"));
    client.send(client_text(fmt::format("40{},", name_space)));
    EXPECT_TRUE(client.receive_text().starts_with("40"));
    return client;
  }
  std::size_t deliver(std::string_view name_space,
                      const std::vector<std::string>& rooms,
                      const std::vector<std::string>& except,
                      std::string_view data) {
    return on_loop([&] {
      const auto frames = std::make_shared<const std::string>(
          encode_socket_io({.name_space = name_space, .data = data}, {}));
      return recorder_.rooms_->deliver(name_space, rooms, except, frames);
    });
  }
  void enter(std::string_view name_space, std::size_t which, std::string_view room) {
    on_loop([&] {
      SocketIoSocket* socket = recorder_.rooms_->find(name_space, recorder_.ids_.at(which));
      ASSERT_NE(socket, nullptr);
      EXPECT_TRUE(recorder_.rooms_->join(*socket, room));
      EXPECT_FALSE(recorder_.rooms_->join(*socket, room));
    });
  }
  std::string get(RawClient& client, std::string_view query) {
    client.send(fmt::format("GET /socket.io/?{} HTTP/1.1\r\nHost: x\r\n\r\n", query));
    return client.receive_response();
  }
  // The body of the answer to a new session's first request, and its id.
  std::string open_polling(RawClient& client) {
    const std::string answer = get(client, "EIO=4&transport=polling");
    const std::size_t at = answer.find("\"sid\":\"");
    return at == std::string::npos ? std::string() : answer.substr(at + 7, 20);
  }

  Recorder recorder_;
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         SocketIoRoomsTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(SocketIoRoomsTest, DeliversToEachSocketOnce) {
  RawClient a = join("/");
  RawClient b = join("/");
  RawClient c = join("/b");
  enter("/", 0, "one");
  enter("/", 0, "two");
  enter("/", 1, "two");
  enter("/b", 2, "one");

  EXPECT_EQ(deliver("/", {"one", "two"}, {}, R"(["x",1])"), 2u);
  EXPECT_EQ(deliver("/", {"one", "two"}, {"one"}, R"(["x",2])"), 1u);
  EXPECT_EQ(deliver("/", {}, {recorder_.ids_[1]}, R"(["x",3])"), 1u);
  EXPECT_EQ(deliver("/", {recorder_.ids_[1]}, {}, R"(["x",4])"), 1u);
  EXPECT_EQ(deliver("/b", {}, {}, R"(["x",5])"), 1u);
  EXPECT_EQ(deliver("/none", {}, {}, R"(["x",6])"), 0u);

  EXPECT_EQ(a.receive_text(), R"(42["x",1])");
  EXPECT_EQ(a.receive_text(), R"(42["x",3])");
  EXPECT_EQ(b.receive_text(), R"(42["x",1])");
  EXPECT_EQ(b.receive_text(), R"(42["x",2])");
  EXPECT_EQ(b.receive_text(), R"(42["x",4])");
  EXPECT_EQ(c.receive_text(), R"(42/b,["x",5])");
}

TEST_P(SocketIoRoomsTest, CountsSocketsInTheHub) {
  RawClient a = join("/");
  RawClient b = join("/b");
  enter("/", 0, "news");
  enter("/b", 1, "news");
  EXPECT_EQ(publish("news", "{}"), 2u);
  EXPECT_EQ(a.receive_text(), R"(42["news",{}])");
  EXPECT_EQ(b.receive_text(), R"(42/b,["news",{}])");

  a.close();
  EXPECT_TRUE(eventually([&] { return recorder_.left_.size() == 1; }));
  EXPECT_EQ(recorder_.left_[0], recorder_.ids_[0] + " news");
  EXPECT_EQ(publish("news", "1"), 1u);
  b.send(client_text(R"(42/b,["bye",false])"));
  EXPECT_EQ(b.receive_text(), R"(42/b,["news",1])");
  EXPECT_EQ(b.receive_text(), "41/b,");
  EXPECT_EQ(publish("news", "2"), 0u);
  EXPECT_EQ(on_loop([&] { return recorder_.rooms_->room_names("/b").size(); }), 0u);
}

TEST_P(SocketIoRoomsTest, KeepsMembersWhenOthersLeave) {
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < 4; ++i) {
    clients.push_back(join("/"));
    enter("/", i, "a");
    enter("/", i, "b");
  }
  on_loop([&] {
    SocketIoRooms& rooms = *recorder_.rooms_;
    EXPECT_TRUE(rooms.leave(*rooms.find("/", recorder_.ids_[0]), "a"));
    EXPECT_FALSE(rooms.leave(*rooms.find("/", recorder_.ids_[0]), "a"));
    EXPECT_TRUE(rooms.leave(*rooms.find("/", recorder_.ids_[2]), "b"));
  });
  EXPECT_EQ(deliver("/", {"a"}, {}, R"(["a"])"), 3u);
  EXPECT_EQ(deliver("/", {"b"}, {}, R"(["b"])"), 3u);
  clients[3].send(client_text(R"(42["bye",true])"));
  EXPECT_TRUE(eventually([&] { return recorder_.left_.size() == 1; }));
  EXPECT_EQ(deliver("/", {"a", "b"}, {}, R"(["c"])"), 3u);
}

TEST_P(SocketIoRoomsTest, EndsPollingSessionsThatDoNotPoll) {
  RawClient client = connect();
  const std::string sid = open_polling(client);
  client.send(
      fmt::format("POST /socket.io/?EIO=4&transport=polling&sid={} HTTP/1.1\r\n"
                  "Host: x\r\nContent-Length: 2\r\n\r\n40",
                  sid));
  EXPECT_TRUE(client.receive_response().ends_with("\r\n\r\nok"));
  const std::string long_data = R"([")" + std::string(3000, 'x') + R"("])";
  EXPECT_EQ(deliver("/", {}, {}, long_data), 1u);
  EXPECT_EQ(deliver("/", {}, {}, long_data), 1u);
  EXPECT_TRUE(eventually([&] { return recorder_.left_.size() == 1; }));
  const std::string answer = get(client, "EIO=4&transport=polling&sid=" + sid);
  EXPECT_TRUE(answer.ends_with(R"({"code":1,"message":"Session ID unknown"})")) << answer;
}

TEST_P(SocketIoRoomsTest, LimitsSessions) {
  RawClient client = connect();
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(open_polling(client).size(), 20u);
  const std::string answer = get(client, "EIO=4&transport=polling");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(answer.ends_with(R"({"code":4,"message":"Too many sessions"})"));
}

TEST_P(SocketIoRoomsTest, TellsPollsThatTheServerStops) {
  RawClient client = connect();
  const std::string sid = open_polling(client);
  client.send(
      fmt::format("GET /socket.io/?EIO=4&transport=polling&sid={} HTTP/1.1\r\n"
                  "Host: x\r\n\r\n",
                  sid));
  RawClient other = connect();
  EXPECT_NE(get(other, "EIO=4&transport=polling").find("0{"), std::string::npos);
  on_loop([&] { front_->begin_shutdown(); });
  EXPECT_TRUE(client.receive_response().ends_with("\r\n\r\n1"));
}

}  // namespace
}  // namespace duplex::ws
