// A client's membership in one Socket.IO namespace.
#pragma once

#include "base/shared_bytes.h"
#include "realtime/identity.h"
#include "ws/engine_session.h"
#include "ws/socket_io_packet.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::ws {

struct SocketIoRoom;
class SocketIoClient;

// Acks that a socket may owe at the same time.
inline constexpr std::size_t socket_io_owed_acks_max = 1000;

// Thread: confined to its loop.
// Lifetime: its client owns it; ends with the connection, or when it leaves the namespace. To be
// looked up in the rooms by its id wherever something happens later.
class SocketIoSocket {
 public:
  using OnAck = std::function<void(std::string_view arguments, std::span<const std::string>)>;

  SocketIoSocket(SocketIoClient& client,
                 std::string id,
                 std::string name_space,
                 std::string auth,
                 std::shared_ptr<const realtime::Identity> identity);

  // Public, and never the session's own id. 20 characters; the first names the loop as in
  // loop_of_engine_sid().
  const std::string& id() const { return id_; }
  const std::string& name_space() const { return name_space_; }
  const realtime::Identity& identity() const { return *identity_; }
  // What the client sent when it connected: a JSON object.
  const std::string& auth() const { return auth_; }
  const EngineClient& handshake() const;
  SocketIoClient& client() { return client_; }
  std::vector<std::string> rooms() const;
  std::size_t room_count() const { return memberships_.size(); }

  // `data`: a JSON array whose first element is the event's name.
  void emit(std::string_view data, std::span<const std::string> attachments = {});
  // Asks for an ack; returns false if too many are owed. `on_ack` is forgotten with the socket.
  bool emit_with_ack(std::uint64_t id,
                     std::string_view data,
                     std::span<const std::string> attachments,
                     OnAck on_ack);
  bool expect_ack(std::uint64_t id, OnAck on_ack);
  void forget_ack(std::uint64_t id) { owed_.erase(id); }
  // Answers an event; `arguments` are JSON values with commas between. Does nothing without an id.
  void ack(std::optional<std::uint64_t> id,
           std::string_view arguments,
           std::span<const std::string> attachments = {});
  // {"error":{"code":…,"message":…}}
  void ack_error(std::optional<std::uint64_t> id, unsigned code, std::string_view message);
  // Frames that were encoded for several sockets.
  void send(base::SharedBytes frames);
  // Leaves the namespace by a packet, after which clients do not come back by themselves; or ends
  // the whole connection (`close`), and they do. The socket may be destroyed when this returns.
  void disconnect(bool close);

  // An ack has arrived.
  void take_ack(std::uint64_t id,
                std::string_view arguments,
                std::span<const std::string> attachments);

 private:
  friend class SocketIoRooms;

  // Where the rooms have it.
  struct Membership {
    SocketIoRoom* room;
    std::size_t index;
  };

  void send_packet(SocketIoType type,
                   std::optional<std::uint64_t> id,
                   std::string_view data,
                   std::span<const std::string> attachments);

  SocketIoClient& client_;
  const std::string id_;
  const std::string name_space_;
  const std::string auth_;
  const std::shared_ptr<const realtime::Identity> identity_;
  std::vector<Membership> memberships_;
  std::uint64_t mark_ = 0;  // of the last delivery that met it
  std::unordered_map<std::uint64_t, OnAck> owed_;
};

}  // namespace duplex::ws
