// The Socket.IO rooms of one loop: which of its sockets are where.
#pragma once

#include "base/hash.h"
#include "base/shared_bytes.h"
#include "pubsub/loop_subscribers.h"
#include "ws/socket_io_socket.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::ws {

// Lifetime: while it has members.
struct SocketIoRoom {
  std::string name;
  bool is_channel = true;  // not so a socket's own room
  std::vector<SocketIoSocket*> members{};
};

// A room is a channel of the hub: what is published on a channel reaches the sockets of all rooms
// with its name, in every namespace, as an event of that name. A socket's own room, named by its
// id, is no channel.
//
// Thread: confined to its loop. Lifetime: what it is made from outlives it.
class SocketIoRooms final : public pubsub::Subscriber {
 public:
  explicit SocketIoRooms(pubsub::LoopSubscribers& subscribers) : subscribers_(subscribers) {}

  // A socket comes, into its own room, and leaves, out of all its rooms.
  void add(SocketIoSocket& socket);
  void remove(SocketIoSocket& socket);
  // Null if it is not on this loop.
  SocketIoSocket* find(std::string_view name_space, std::string_view id);

  // False if it was there already.
  bool join(SocketIoSocket& socket, std::string_view room);
  // False if it was not there.
  bool leave(SocketIoSocket& socket, std::string_view room);
  bool is_in(const SocketIoSocket& socket, std::string_view room) const;

  // Sends the frames to each socket that is in one of the rooms (none: of the whole namespace) and
  // in none of the others. Returns how many those were.
  std::size_t deliver(std::string_view name_space,
                      std::span<const std::string> rooms,
                      std::span<const std::string> except,
                      const base::SharedBytes& frames);
  // The same for anything else. `visit` must not join, leave or end anybody: gather first.
  template <std::invocable<SocketIoSocket&> Visit>
  std::size_t for_each(std::string_view name_space,
                       std::span<const std::string> rooms,
                       std::span<const std::string> except,
                       Visit&& visit);
  // The names of rooms with members, the sockets' own ones among them.
  std::vector<std::string> room_names(std::string_view name_space) const;
  std::size_t size(std::string_view name_space) const;

  // One id for all receivers of an event that wants acks.
  std::uint64_t next_ack_id() { return next_ack_id_++; }

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return base::hash_bytes(text); }
  };
  template <typename Value>
  using Named = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
  struct Namespace {
    Named<SocketIoSocket*> sockets;  // by id
    Named<std::unique_ptr<SocketIoRoom>> rooms;
  };

  void enter(Namespace& name_space, SocketIoSocket& socket, std::string_view name, bool is_channel);
  void leave(Namespace& name_space, SocketIoSocket& socket, std::size_t membership);

  pubsub::LoopSubscribers& subscribers_;
  Named<Namespace> namespaces_;
  Named<std::size_t> channels_;  // how many memberships there are, over all namespaces
  std::uint64_t last_mark_ = 0;
  std::uint64_t next_ack_id_ = 0;
};

template <std::invocable<SocketIoSocket&> Visit>
std::size_t SocketIoRooms::for_each(std::string_view name_space,
                                    std::span<const std::string> rooms,
                                    std::span<const std::string> except,
                                    Visit&& visit) {
  const auto found = namespaces_.find(name_space);
  if (found == namespaces_.end()) return 0;
  Namespace& sockets = found->second;
  const std::uint64_t mark = ++last_mark_;
  for (const std::string& name : except)
    if (const auto room = sockets.rooms.find(name); room != sockets.rooms.end())
      for (SocketIoSocket* socket : room->second->members)
        socket->mark_ = mark;
  std::size_t count = 0;
  const auto meet = [&](SocketIoSocket& socket) {
    if (socket.mark_ == mark) return;
    socket.mark_ = mark;
    ++count;
    visit(socket);
  };
  if (rooms.empty())
    for (const auto& [id, socket] : sockets.sockets)
      meet(*socket);
  for (const std::string& name : rooms)
    if (const auto room = sockets.rooms.find(name); room != sockets.rooms.end())
      for (SocketIoSocket* socket : room->second->members)
        meet(*socket);
  return count;
}

}  // namespace duplex::ws
