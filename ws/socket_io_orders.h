// What programs decide about one socket of Socket.IO: RT.DISCONNECT, RT.REVOKE, RT.SUBSCRIBE,
// RT.UNSUBSCRIBE.
#pragma once

#include "pubsub/loop_subscribers.h"
#include "realtime/control.h"
#include "realtime/identity.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

class HttpFront;

// Listens to what the server tells its own sessions about the socket's user, token and id.
//
// Thread: confined to its loop. Lifetime: the front outlives it.
class SocketIoOrders final : public pubsub::Subscriber {
 public:
  // `obey`: called in a moment of its own, not after this object is gone; may end it.
  SocketIoOrders(HttpFront& front,
                 const realtime::Identity& identity,
                 std::string_view socket_id,
                 std::function<void(const realtime::Control&)> obey);
  ~SocketIoOrders() override;

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  HttpFront& front_;
  const std::int64_t issued_s_;
  const std::shared_ptr<const std::function<void(const realtime::Control&)>> obey_;
  std::vector<std::string> channels_;
};

}  // namespace duplex::ws
