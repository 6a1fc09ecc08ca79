// What programs decide about Socket.IO clients: RT.DISCONNECT, RT.SUBSCRIBE, RT.UNSUBSCRIBE and
// RT.REVOKE.
#pragma once

#include "base/hash.h"
#include "net/event_loop.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/control.h"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace duplex::ws {

class SocketIoRooms;
class SocketIoSocket;

// A socket is known by its id, its user and its token. To be disconnected for good is to leave the
// namespace, which clients take for the last word; in all other cases the connection ends, and
// clients come back with another token.
//
// Thread: confined to its loop. Lifetime: what it is made from outlives it.
class SocketIoOrders final : public pubsub::Subscriber {
 public:
  SocketIoOrders(net::EventLoop& loop, pubsub::LoopSubscribers& subscribers, SocketIoRooms& rooms)
      : loop_(loop), subscribers_(subscribers), rooms_(rooms) {}

  // The socket is in the rooms from add() to remove().
  void add(SocketIoSocket& socket);
  void remove(SocketIoSocket& socket);

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return base::hash_bytes(text); }
  };
  struct Order {
    std::string channel;
    realtime::Control control;
  };

  void obey_all();
  void obey(const Order& order);
  void obey(SocketIoSocket& socket, const realtime::Control& control);

  net::EventLoop& loop_;
  pubsub::LoopSubscribers& subscribers_;
  SocketIoRooms& rooms_;
  std::unordered_map<std::string, std::vector<SocketIoSocket*>, StringHash, std::equal_to<>>
      sockets_;  // by the channels that orders about them come on
  std::vector<Order> orders_;
};

}  // namespace duplex::ws
