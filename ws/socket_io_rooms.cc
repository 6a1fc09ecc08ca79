// Joining, leaving, and handing out.
#include "ws/socket_io_rooms.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "pubsub/message.h"
#include "realtime/json_text.h"

#include <algorithm>
#include <utility>

namespace duplex::ws {

namespace {

// ["channel",payload]: JSON as it is, other text as a string, other bytes as an attachment.
std::string encode_publication(const pubsub::Message& message, std::string_view name_space) {
  const std::string_view payload = message.payload();
  std::vector<std::string> attachments;
  std::string data = "[";
  data.reserve(payload.size() + message.channel().size() + 16);
  if (base::is_utf8(message.channel()))
    realtime::append_json_string(data, message.channel());
  else
    data += "\"\"";
  data += ',';
  if (realtime::is_json(payload)) {
    data += payload;
  } else if (base::is_utf8(payload)) {
    realtime::append_json_string(data, payload);
  } else {
    data += R"({"_placeholder":true,"num":0})";
    attachments.emplace_back(payload);
  }
  data += ']';
  return encode_socket_io({.type = SocketIoType::event,
                           .attachments = attachments.size(),
                           .name_space = name_space,
                           .data = data},
                          attachments);
}

}  // namespace

void SocketIoRooms::add(SocketIoSocket& socket) {
  auto found = namespaces_.find(socket.name_space());
  if (found == namespaces_.end())
    found = namespaces_.emplace(socket.name_space(), Namespace{}).first;
  found->second.sockets.emplace(socket.id(), &socket);
  enter(found->second, socket, socket.id(), false);
}

void SocketIoRooms::remove(SocketIoSocket& socket) {
  const auto found = namespaces_.find(socket.name_space());
  DUPLEX_ASSERT(found != namespaces_.end());
  while (!socket.memberships_.empty())
    leave(found->second, socket, socket.memberships_.size() - 1);
  found->second.sockets.erase(socket.id());
  if (found->second.sockets.empty()) namespaces_.erase(found);
}

SocketIoSocket* SocketIoRooms::find(std::string_view name_space, std::string_view id) {
  const auto found = namespaces_.find(name_space);
  if (found == namespaces_.end()) return nullptr;
  const auto socket = found->second.sockets.find(id);
  return socket == found->second.sockets.end() ? nullptr : socket->second;
}

bool SocketIoRooms::is_in(const SocketIoSocket& socket, std::string_view room) const {
  return std::ranges::any_of(
      socket.memberships_,
      [&](const SocketIoSocket::Membership& membership) { return membership.room->name == room; });
}

bool SocketIoRooms::join(SocketIoSocket& socket, std::string_view room) {
  if (is_in(socket, room)) return false;
  enter(namespaces_.find(socket.name_space())->second, socket, room, true);
  return true;
}

bool SocketIoRooms::leave(SocketIoSocket& socket, std::string_view room) {
  for (std::size_t i = 0; i < socket.memberships_.size(); ++i) {
    if (socket.memberships_[i].room->name != room) continue;
    leave(namespaces_.find(socket.name_space())->second, socket, i);
    return true;
  }
  return false;
}

// The hub counts sockets; the loop itself has one subscription for all of them.
void SocketIoRooms::enter(Namespace& name_space,
                          SocketIoSocket& socket,
                          std::string_view name,
                          bool is_channel) {
  auto found = name_space.rooms.find(name);
  if (found == name_space.rooms.end()) {
    auto room = std::make_unique<SocketIoRoom>(std::string(name), is_channel);
    found = name_space.rooms.emplace(std::string(name), std::move(room)).first;
  }
  SocketIoRoom& room = *found->second;
  socket.memberships_.push_back({.room = &room, .index = room.members.size()});
  room.members.push_back(&socket);
  if (!room.is_channel) return;
  auto count = channels_.find(name);
  if (count == channels_.end()) {
    channels_.emplace(std::string(name), 1);
    subscribers_.subscribe(*this, pubsub::Kind::channel, name);
  } else {
    ++count->second;
    subscribers_.hub().subscribe(subscribers_.loop(), pubsub::Kind::channel, name);
  }
}

void SocketIoRooms::leave(Namespace& name_space, SocketIoSocket& socket, std::size_t membership) {
  const auto [room, index] = socket.memberships_[membership];
  socket.memberships_[membership] = socket.memberships_.back();
  socket.memberships_.pop_back();
  SocketIoSocket* last = room->members.back();
  room->members[index] = last;
  room->members.pop_back();
  if (last != &socket)
    std::ranges::find(last->memberships_, room, &SocketIoSocket::Membership::room)->index = index;
  if (room->is_channel) {
    const auto count = channels_.find(room->name);
    if (--count->second == 0) {
      subscribers_.unsubscribe(*this, pubsub::Kind::channel, room->name);
      channels_.erase(count);
    } else {
      subscribers_.hub().unsubscribe(subscribers_.loop(), pubsub::Kind::channel, room->name);
    }
  }
  if (room->members.empty()) name_space.rooms.erase(name_space.rooms.find(room->name));
}

std::size_t SocketIoRooms::deliver(std::string_view name_space,
                                   std::span<const std::string> rooms,
                                   std::span<const std::string> except,
                                   const base::SharedBytes& frames) {
  return for_each(name_space, rooms, except, [&](SocketIoSocket& socket) { socket.send(frames); });
}

std::vector<std::string> SocketIoRooms::room_names(std::string_view name_space) const {
  std::vector<std::string> names;
  if (const auto found = namespaces_.find(name_space); found != namespaces_.end())
    for (const auto& [name, room] : found->second.rooms)
      names.push_back(name);
  return names;
}

std::size_t SocketIoRooms::size(std::string_view name_space) const {
  const auto found = namespaces_.find(name_space);
  return found == namespaces_.end() ? 0 : found->second.sockets.size();
}

void SocketIoRooms::deliver(const pubsub::Message& message, std::string_view) {
  for (const auto& [name, name_space] : namespaces_) {
    const auto room = name_space.rooms.find(message.channel());
    if (room == name_space.rooms.end()) continue;
    const base::SharedBytes frames =
        message.encoded(pubsub::Form::socket_io, name, encode_publication);
    for (SocketIoSocket* socket : room->second->members)
      socket->send(frames);
  }
}

}  // namespace duplex::ws
