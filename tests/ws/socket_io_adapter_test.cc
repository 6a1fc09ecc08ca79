// Messages of Socket.IO's adapters. Bytes in hexadecimal are those of the npm packages.
#include "realtime/json_text.h"
#include "realtime/msgpack.h"
#include "ws/socket_io_adapter_message.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {
namespace {

using Kind = AdapterMessage::Kind;
using Dialect = AdapterMessage::Dialect;
using Names = std::vector<std::string>;

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string json_of(std::string_view packed) {
  const auto read = realtime::json_from_msgpack(packed);
  return read ? read->json : "-";
}

TEST(SocketIoAdapter, ReadsTheEmittersBroadcast) {
  const auto read = read_broadcast(
      bytes("93a7656d697474657283a47479706502a46461746192b67365727665723a636865636b626f783a6368616e"
            "676582a5696e64657807a7636865636b6564c3a36e7370a12f83a5726f6f6d7391a5726f6f6d31a5666c61"
            "677380a665786365707490"),
      "/");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Kind::broadcast);
  EXPECT_EQ(read->uid, "emitter");
  EXPECT_EQ(read->target, (SocketTarget{{"room1"}, {}}));
  EXPECT_EQ(read->event.data.json, R"(["server:checkbox:change",{"index":7,"checked":true}])");
  EXPECT_TRUE(read->event.data.attachments.empty());
  EXPECT_FALSE(read->event.is_volatile);
}

TEST(SocketIoAdapter, TakesBroadcastsInAnyOrderWithWhatMayBeMissing) {
  const auto read = read_broadcast(
      realtime::msgpack_from_json(R"(["x",{"data":["e"]},{"except":["b"],"rooms":["a",7],)"
                                  R"("flags":{"volatile":true}}])"),
      "/");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->target, (SocketTarget{{"a", "7"}, {"b"}}));
  EXPECT_TRUE(read->event.is_volatile);
}

TEST(SocketIoAdapter, RefusesBroadcastsThatMakeNoSense) {
  const std::string_view other = R"(["x",{"type":2,"data":["e"],"nsp":"/a"},{"rooms":[]}])";
  EXPECT_FALSE(read_broadcast(realtime::msgpack_from_json(other), "/"));
  EXPECT_TRUE(read_broadcast(realtime::msgpack_from_json(other), "/a"));
  for (const std::string_view json : {R"(["x",{"data":["e"]}])",
                                      R"(["x",{"data":[]},{"rooms":[]}])",
                                      R"(["x",{"data":"e"},{"rooms":[]}])",
                                      R"(["x",{},{"rooms":[]}])",
                                      R"(["x",{"data":["e"]},7])",
                                      "[]",
                                      "7"})
    EXPECT_FALSE(read_broadcast(realtime::msgpack_from_json(json), "/")) << json;
  EXPECT_FALSE(read_broadcast("\xc1", "/"));
  EXPECT_FALSE(read_broadcast("", "/"));
}

TEST(SocketIoAdapter, ReadsRequests) {
  const auto join = read_request(
      R"({"uid":"ot6Y3x","type":2,"opts":{"rooms":["room1"],"except":["e"]},"rooms":["room9"]})");
  ASSERT_TRUE(join);
  EXPECT_EQ(join->kind, Kind::join);
  EXPECT_EQ(join->target, (SocketTarget{{"room1"}, {"e"}}));
  EXPECT_EQ(join->rooms, (Names{"room9"}));
  EXPECT_TRUE(join->request_id.empty());

  const auto end = read_request(R"({"type":4,"opts":{"rooms":[],"except":[]},"close":true})");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, Kind::disconnect);
  EXPECT_TRUE(end->closes_connection);

  const auto old = read_request(R"({"requestId":"r","type":3,"sid":"s","room":"x"})");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->kind, Kind::leave);
  EXPECT_EQ(old->target.rooms, (Names{"s"}));
  EXPECT_EQ(old->rooms, (Names{"x"}));
  EXPECT_EQ(old->request_id, "\"r\"");

  const auto ids = read_request(R"({"uid":"u","requestId":"r","type":0,"rooms":["a"]})");
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->kind, Kind::list_sockets);
  EXPECT_EQ(ids->target.rooms, (Names{"a"}));

  EXPECT_EQ(read_request(R"({"type":1,"requestId":"r"})")->kind, Kind::list_rooms);
  EXPECT_EQ(read_request(R"({"type":6,"uid":"u","data":["e"]})")->kind, Kind::server_side_emit);
  EXPECT_EQ(read_request(R"({"type":8,"requestId":"r","clientCount":1})")->kind, Kind::other);
}

TEST(SocketIoAdapter, ReadsQuestionsWithBinary) {
  const auto ask = read_request(bytes(
      "85a3756964a66f7436593378a9726571756573744964a27231a47479706507a67061636b657483a474797065"
      "02a46461746192a171c40162a36e7370a12fa46f70747383a5726f6f6d7391a161a665786365707491a162a5"
      "666c61677381a774696d656f7574cd012c"));
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->kind, Kind::ask);
  EXPECT_EQ(ask->request_id, "\"r1\"");
  EXPECT_EQ(ask->target, (SocketTarget{{"a"}, {"b"}}));
  EXPECT_EQ(ask->event.data.json, R"(["q",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(ask->event.data.attachments, (Names{"b"}));
  EXPECT_EQ(ask->timeout_ms, 300);
}

TEST(SocketIoAdapter, RefusesRequestsThatMakeNoSense) {
  for (const std::string_view json : {"{",
                                      "{}",
                                      R"({"type":"2"})",
                                      R"({"type":-1})",
                                      R"({"type":2,"rooms":["a"]})",
                                      R"({"type":5,"requestId":"r"})",
                                      R"({"type":7,"requestId":"r","opts":{"rooms":[]}})",
                                      R"({"type":7,"packet":{"data":["e"]}})",
                                      ""})
    EXPECT_FALSE(read_request(json)) << json;
}

TEST(SocketIoAdapter, ReadsClusterMessages) {
  const auto plain = read_cluster_message(
      R"({"type":3,"data":{"packet":{"type":2,"data":["e",1],"nsp":"/"},"opts":{"rooms":["a"],)"
      R"("except":[],"flags":{}}},"uid":"0123456789abcdef","nsp":"/"})",
      "/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->kind, Kind::broadcast);
  EXPECT_EQ(plain->dialect, Dialect::cluster_json);
  EXPECT_EQ(plain->uid, "0123456789abcdef");
  EXPECT_EQ(plain->event.data.json, R"(["e",1])");

  const auto fetch = read_broadcast(
      bytes("84a47479706507a46461746182a46f70747383a5726f6f6d7391a161a665786365707490a5666c61677380"
            "a9726571756573744964a27137a3756964b030313233343536373839616263646566a36e7370a12f"),
      "/");
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->kind, Kind::fetch_sockets);
  EXPECT_EQ(fetch->dialect, Dialect::cluster_msgpack);
  EXPECT_EQ(fetch->request_id, "\"q7\"");
  EXPECT_EQ(fetch->target.rooms, (Names{"a"}));

  const auto ask = read_cluster_message(
      R"({"type":3,"data":{"requestId":"r","packet":{"data":["e"]},"opts":{"rooms":[],)"
      R"("flags":{"timeout":7}}},"uid":"u","nsp":"/a"})",
      "/a");
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->kind, Kind::ask);
  EXPECT_EQ(ask->timeout_ms, 7);

  const auto join = read_cluster_message(
      R"({"type":4,"data":{"opts":{"rooms":["a"]},"rooms":["b"]},"uid":"u","nsp":"/"})", "/");
  ASSERT_TRUE(join);
  EXPECT_EQ(join->kind, Kind::join);
  EXPECT_EQ(join->rooms, (Names{"b"}));

  EXPECT_EQ(read_cluster_message(R"({"type":2,"uid":"u","nsp":"/"})", "/")->kind, Kind::other);
  EXPECT_EQ(read_cluster_message(R"({"type":8,"data":{},"uid":"u","nsp":"/"})", "/")->kind,
            Kind::other);
  EXPECT_FALSE(read_cluster_message(R"({"type":2,"uid":"u","nsp":"/b"})", "/"));
  EXPECT_FALSE(read_cluster_message(R"({"type":3,"data":{},"uid":"u","nsp":"/"})", "/"));
  EXPECT_FALSE(read_cluster_message("[1]", "/"));
}

// An entry's fields as they come; `data` is made a text.
std::string entry(std::string_view type, std::string_view data) {
  std::string json = R"({"uid":"u","nsp":"/chat","type":")" + std::string(type) + R"(","data":)";
  realtime::append_json_string(json, data);
  return json + "}";
}

TEST(SocketIoAdapter, ReadsStreamEntries) {
  const auto plain =
      read_stream_entry(entry("3", R"({"packet":{"data":["e"]},"opts":{"rooms":["a"]}})"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->nsp, "/chat");
  EXPECT_EQ(plain->message.kind, Kind::broadcast);
  EXPECT_EQ(plain->message.uid, "u");
  EXPECT_EQ(plain->message.target.rooms, (Names{"a"}));
  const auto binary = read_stream_entry(entry(
      "3", "gqZwYWNrZXSDpHR5cGUCpGRhdGGSomV2xAJoaaNuc3ChL6RvcHRzg6Vyb29tc5CmZXhjZXB0kKVmbGFnc4A="));
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->message.event.data.attachments, (Names{"hi"}));
  EXPECT_EQ(read_stream_entry(entry("6", R"({"opts":{"rooms":[]},"close":true})"))->message.kind,
            Kind::disconnect);
  EXPECT_EQ(read_stream_entry(entry("13", ""))->message.kind, Kind::other);
  EXPECT_FALSE(read_stream_entry(entry("3", "%%")));
  EXPECT_FALSE(read_stream_entry(entry("x", "{}")));
  EXPECT_FALSE(read_stream_entry("{"));
}

AdapterMessage asked(Dialect dialect) {
  AdapterMessage message;
  message.dialect = dialect;
  message.request_id = "\"r\"";
  return message;
}

TEST(SocketIoAdapter, AnswersTheClassicAdapter) {
  const AdapterSender us{"u", "/"};
  const AdapterMessage message = asked(Dialect::classic);
  EXPECT_EQ(write_rooms(message, R"(["a"])"), R"({"requestId":"r","rooms":["a"]})");
  EXPECT_EQ(write_socket_ids(message, R"(["s"])"), R"({"requestId":"r","sockets":["s"]})");
  EXPECT_EQ(write_sockets(message, us, "[{}]"), R"({"requestId":"r","sockets":[{}]})");
  EXPECT_EQ(write_done(message), R"({"requestId":"r"})");
  EXPECT_EQ(write_client_count(message, us, 3), R"({"type":8,"requestId":"r","clientCount":3})");
  EXPECT_EQ(json_of(write_acknowledgement(message, us, {"[1]", {}})),
            R"({"type":9,"requestId":"r","packet":[1]})");
  EXPECT_EQ(write_server_side_answer(message, us), R"({"type":6,"requestId":"r","data":null})");
}

TEST(SocketIoAdapter, AnswersTheNewerAdapters) {
  const AdapterSender us{"u", "/"};
  EXPECT_EQ(write_client_count(asked(Dialect::cluster_json), us, 3),
            R"({"type":11,"data":{"requestId":"r","clientCount":3},"uid":"u","nsp":"/"})");
  EXPECT_EQ(json_of(write_client_count(asked(Dialect::cluster_msgpack), us, 3)),
            R"({"type":11,"data":{"requestId":"r","clientCount":3},"uid":"u","nsp":"/"})");
  EXPECT_EQ(write_sockets(asked(Dialect::cluster_json), us, "[{}]"),
            R"({"type":8,"data":{"requestId":"r","sockets":[{}]},"uid":"u","nsp":"/"})");
  const realtime::JsonWithBinary answer{R"({"_placeholder":true,"num":0})", {"x"}};
  const auto packed =
      realtime::json_from_msgpack(write_acknowledgement(asked(Dialect::cluster_json), us, answer));
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->attachments, (Names{"x"}));
  EXPECT_EQ(write_server_side_answer(asked(Dialect::cluster_json), us),
            R"({"type":10,"data":{"requestId":"r","packet":null},"uid":"u","nsp":"/"})");
}

TEST(SocketIoAdapter, WritesWhatItReads) {
  const AdapterSender us{"u", "/chat"};
  const SocketTarget target{{"a", "b\""}, {"c"}};
  const SocketEvent event{{R"(["e",{"_placeholder":true,"num":0}])", {std::string("\0\xff", 2)}},
                          true};
  const auto streamed = read_stream_entry(entry("3", write_stream_broadcast(us, target, event)));
  ASSERT_TRUE(streamed);
  for (const auto& read :
       {read_broadcast(write_broadcast(us, target, event), "/chat"),
        read_cluster_message(write_cluster_broadcast(us, target, event), "/chat"),
        std::optional(streamed->message)}) {
    ASSERT_TRUE(read);
    EXPECT_EQ(read->kind, Kind::broadcast);
    EXPECT_EQ(read->uid, "u");
    EXPECT_EQ(read->target, target);
    EXPECT_EQ(read->event, event);
  }
}

TEST(SocketIoAdapter, NamesChannels) {
  EXPECT_EQ(broadcast_channel("socket.io", "/"), "socket.io#/#");
  EXPECT_EQ(room_channel("socket.io", "/chat", "room"), "socket.io#/chat#room#");
  EXPECT_EQ(request_channel("socket.io", "/"), "socket.io-request#/#");
  EXPECT_EQ(response_channel("socket.io", "/"), "socket.io-response#/#");
  EXPECT_EQ(stream_of_namespace("socket.io", 1, "/"), "socket.io");
  EXPECT_EQ(stream_of_namespace("socket.io", 4, "/"), "socket.io-3");
  EXPECT_EQ(stream_of_namespace("socket.io", 4, "/chat"), "socket.io-3");
}

}  // namespace
}  // namespace duplex::ws
