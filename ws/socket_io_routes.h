// What becomes of the events that Socket.IO clients send: the seam between connections and whatever
// acts on them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::ws {

class HttpFront;
class SocketIoRooms;
class SocketIoSocket;

// An event as it arrived. Views are valid during the call.
struct SocketIoCall {
  std::string_view event;                      // its name, or its number as text
  std::string_view arguments;                  // JSON values with commas between, or empty
  std::span<const std::string> attachments{};  // what the placeholders in the arguments stand for
  std::optional<std::uint64_t> ack{};          // for SocketIoSocket::ack()
};

// Thread: calls come on the loop of the socket. Lifetime: outlives the HTTP port's loops.
class EventRouter {
 public:
  virtual ~EventRouter() = default;
  // The first connection of a loop is about to be served: its rooms, which last as long as the
  // loop.
  virtual void on_loop(HttpFront& front, SocketIoRooms& rooms) {
    (void)front;
    (void)rooms;
  }
  // A socket has joined its namespace; the client is told already. `auth`: what it sent, a JSON
  // object.
  virtual void on_connected(SocketIoSocket& socket, std::string_view auth) {
    (void)socket;
    (void)auth;
  }
  // The socket leaves: it is in its rooms still, and gets nothing any more.
  virtual void on_disconnected(SocketIoSocket& socket) { (void)socket; }
  // Returns false if the event is none of its own; then the next router is asked, and in the end
  // the client's ack is given error 104. The answer may come later: keep the socket's namespace and
  // id, and look it up in the rooms.
  virtual bool handle(SocketIoSocket& socket, const SocketIoCall& call) = 0;
};

}  // namespace duplex::ws
