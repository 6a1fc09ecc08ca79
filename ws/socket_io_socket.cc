// What a socket sends.
#include "ws/socket_io_socket.h"

#include "realtime/json_text.h"
#include "ws/socket_io_client.h"
#include "ws/socket_io_rooms.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::ws {

SocketIoSocket::SocketIoSocket(SocketIoClient& client,
                               std::string id,
                               std::string name_space,
                               std::string auth,
                               std::shared_ptr<const realtime::Identity> identity)
    : client_(client),
      id_(std::move(id)),
      name_space_(std::move(name_space)),
      auth_(std::move(auth)),
      identity_(std::move(identity)) {}

const EngineClient& SocketIoSocket::handshake() const {
  return client_.session().client();
}

std::vector<std::string> SocketIoSocket::rooms() const {
  std::vector<std::string> names;
  for (const Membership& membership : memberships_)
    names.push_back(membership.room->name);
  return names;
}

void SocketIoSocket::send_packet(SocketIoType type,
                                 std::optional<std::uint64_t> id,
                                 std::string_view data,
                                 std::span<const std::string> attachments) {
  const SocketIoPacket packet{.type = type,
                              .attachments = attachments.size(),
                              .name_space = name_space_,
                              .id = id,
                              .data = data};
  if (!attachments.empty())
    return send(std::make_shared<const std::string>(encode_socket_io(packet, attachments)));
  std::string& text = client_.scratch();
  append_socket_io_packet(text, packet);
  client_.session().send_text(text);
}

void SocketIoSocket::emit(std::string_view data, std::span<const std::string> attachments) {
  send_packet(SocketIoType::event, std::nullopt, data, attachments);
}

bool SocketIoSocket::emit_with_ack(std::uint64_t id,
                                   std::string_view data,
                                   std::span<const std::string> attachments,
                                   OnAck on_ack) {
  if (!expect_ack(id, std::move(on_ack))) return false;
  send_packet(SocketIoType::event, id, data, attachments);
  return true;
}

bool SocketIoSocket::expect_ack(std::uint64_t id, OnAck on_ack) {
  if (owed_.size() >= socket_io_owed_acks_max) return false;
  owed_.insert_or_assign(id, std::move(on_ack));
  return true;
}

void SocketIoSocket::ack(std::optional<std::uint64_t> id,
                         std::string_view arguments,
                         std::span<const std::string> attachments) {
  if (!id) return;
  std::string data;
  data.reserve(arguments.size() + 2);
  data += '[';
  data += arguments;
  data += ']';
  send_packet(SocketIoType::ack, id, data, attachments);
}

void SocketIoSocket::ack_error(std::optional<std::uint64_t> id,
                               unsigned code,
                               std::string_view message) {
  if (!id) return;
  std::string arguments = fmt::format(R"({{"error":{{"code":{},"message":)", code);
  realtime::append_json_string(arguments, message);
  arguments += "}}";
  ack(id, arguments);
}

void SocketIoSocket::send(base::SharedBytes frames) {
  client_.session().send_frames(std::move(frames));
}

void SocketIoSocket::disconnect(bool close) {
  if (close) return client_.session().close(EngineEnd::by_server);
  send_packet(SocketIoType::disconnect, std::nullopt, {}, {});
  client_.remove(*this);
}

void SocketIoSocket::take_ack(std::uint64_t id,
                              std::string_view arguments,
                              std::span<const std::string> attachments) {
  const auto found = owed_.find(id);
  if (found == owed_.end()) return;
  const OnAck on_ack = std::move(found->second);
  owed_.erase(found);
  on_ack(arguments, attachments);
}

}  // namespace duplex::ws
