// Messages of Socket.IO's adapters, written.
#include "base/base64.h"
#include "realtime/json_text.h"
#include "ws/socket_io_adapter_message.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::ws {

namespace {

using realtime::JsonWithBinary;
using Dialect = AdapterMessage::Dialect;

std::string quoted(std::string_view text) {
  std::string out;
  realtime::append_json_string(out, text);
  return out;
}

std::string list(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) {
    if (out.size() > 1) out += ',';
    realtime::append_json_string(out, name);
  }
  return out + "]";
}

std::string options(const SocketTarget& target, const SocketEvent& event) {
  return fmt::format(R"({{"rooms":{},"except":{},"flags":{{{}}}}})",
                     list(target.rooms),
                     list(target.except),
                     event.is_volatile ? R"("volatile":true)" : "");
}

// An answer of the newer adapters; `data` is what stands behind the request's id.
std::string cluster_answer(const AdapterMessage& asked,
                           const AdapterSender& sender,
                           int type,
                           std::string_view data,
                           std::span<const std::string> attachments = {}) {
  const std::string json =
      fmt::format(R"({{"type":{},"data":{{"requestId":{},{}}},"uid":{},"nsp":{}}})",
                  type,
                  asked.request_id,
                  data,
                  quoted(sender.uid),
                  quoted(sender.nsp));
  if (asked.dialect == Dialect::cluster_json && attachments.empty()) return json;
  return realtime::msgpack_from_json(json, attachments);
}

std::string cluster_data(const AdapterSender& sender,
                         const SocketTarget& target,
                         const SocketEvent& event) {
  return fmt::format(R"({{"packet":{{"type":2,"data":{},"nsp":{}}},"opts":{}}})",
                     event.data.json,
                     quoted(sender.nsp),
                     options(target, event));
}

}  // namespace

std::string write_rooms(const AdapterMessage& asked, std::string_view names) {
  return fmt::format(R"({{"requestId":{},"rooms":{}}})", asked.request_id, names);
}

std::string write_socket_ids(const AdapterMessage& asked, std::string_view ids) {
  return fmt::format(R"({{"requestId":{},"sockets":{}}})", asked.request_id, ids);
}

std::string write_sockets(const AdapterMessage& asked,
                          const AdapterSender& sender,
                          std::string_view sockets) {
  if (asked.dialect == Dialect::classic) return write_socket_ids(asked, sockets);
  return cluster_answer(asked, sender, 8, fmt::format(R"("sockets":{})", sockets));
}

std::string write_done(const AdapterMessage& asked) {
  return fmt::format(R"({{"requestId":{}}})", asked.request_id);
}

std::string write_client_count(const AdapterMessage& asked,
                               const AdapterSender& sender,
                               std::size_t clients) {
  if (asked.dialect == Dialect::classic)
    return fmt::format(
        R"({{"type":8,"requestId":{},"clientCount":{}}})", asked.request_id, clients);
  return cluster_answer(asked, sender, 11, fmt::format(R"("clientCount":{})", clients));
}

std::string write_acknowledgement(const AdapterMessage& asked,
                                  const AdapterSender& sender,
                                  const JsonWithBinary& answer) {
  const std::string packet = fmt::format(R"("packet":{})", answer.json);
  if (asked.dialect != Dialect::classic)
    return cluster_answer(asked, sender, 12, packet, answer.attachments);
  return realtime::msgpack_from_json(
      fmt::format(R"({{"type":9,"requestId":{},{}}})", asked.request_id, packet),
      answer.attachments);
}

std::string write_server_side_answer(const AdapterMessage& asked, const AdapterSender& sender) {
  if (asked.dialect == Dialect::classic)
    return fmt::format(R"({{"type":6,"requestId":{},"data":null}})", asked.request_id);
  return cluster_answer(asked, sender, 10, R"("packet":null)");
}

std::string write_broadcast(const AdapterSender& sender,
                            const SocketTarget& target,
                            const SocketEvent& event) {
  return realtime::msgpack_from_json(fmt::format(R"([{},{{"type":2,"data":{},"nsp":{}}},{}])",
                                                 quoted(sender.uid),
                                                 event.data.json,
                                                 quoted(sender.nsp),
                                                 options(target, event)),
                                     event.data.attachments);
}

std::string write_cluster_broadcast(const AdapterSender& sender,
                                    const SocketTarget& target,
                                    const SocketEvent& event) {
  const std::string json = fmt::format(R"({{"type":3,"data":{},"uid":{},"nsp":{}}})",
                                       cluster_data(sender, target, event),
                                       quoted(sender.uid),
                                       quoted(sender.nsp));
  if (event.data.attachments.empty()) return json;
  return realtime::msgpack_from_json(json, event.data.attachments);
}

std::string write_stream_broadcast(const AdapterSender& sender,
                                   const SocketTarget& target,
                                   const SocketEvent& event) {
  std::string json = cluster_data(sender, target, event);
  if (event.data.attachments.empty()) return json;
  return base::base64(realtime::msgpack_from_json(json, event.data.attachments));
}

std::string broadcast_channel(std::string_view prefix, std::string_view nsp) {
  return fmt::format("{}#{}#", prefix, nsp);
}

std::string room_channel(std::string_view prefix, std::string_view nsp, std::string_view room) {
  return fmt::format("{}#{}#{}#", prefix, nsp, room);
}

std::string request_channel(std::string_view prefix, std::string_view nsp) {
  return fmt::format("{}-request#{}#", prefix, nsp);
}

std::string response_channel(std::string_view prefix, std::string_view nsp) {
  return fmt::format("{}-response#{}#", prefix, nsp);
}

std::string stream_of_namespace(std::string_view name, std::size_t count, std::string_view nsp) {
  if (count == 1) return std::string(name);
  std::int32_t hash = 0;
  // JavaScript's characters of a namespace's name are its bytes: names with others are not used.
  for (const char c : nsp)
    hash = static_cast<std::int32_t>(static_cast<std::uint32_t>(hash) * 31u +
                                     static_cast<unsigned char>(c));
  return fmt::format("{}-{}", name, hash % static_cast<std::int32_t>(count));
}

}  // namespace duplex::ws
