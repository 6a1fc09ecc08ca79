// Orders of programs to sockets of Socket.IO.
#include "ws/socket_io_orders.h"

#include "ws/http_front.h"

#include <utility>

namespace duplex::ws {

using realtime::Control;

SocketIoOrders::SocketIoOrders(HttpFront& front,
                               const realtime::Identity& identity,
                               std::string_view socket_id,
                               std::function<void(const Control&)> obey)
    : front_(front),
      issued_s_(identity.issued_s),
      obey_(std::make_shared<const std::function<void(const Control&)>>(std::move(obey))) {
  channels_.push_back(realtime::control_of_client(socket_id));
  if (!identity.user.empty()) channels_.push_back(realtime::control_of_user(identity.user));
  if (!identity.token_id.empty())
    channels_.push_back(realtime::control_of_token(identity.token_id));
  for (const std::string& channel : channels_)
    front_.subscribers().subscribe(*this, pubsub::Kind::control, channel);
}

SocketIoOrders::~SocketIoOrders() {
  for (const std::string& channel : channels_)
    front_.subscribers().unsubscribe(*this, pubsub::Kind::control, channel);
}

// Nothing may be subscribed or ended while a message is delivered.
void SocketIoOrders::deliver(const pubsub::Message& message, std::string_view) {
  auto control = realtime::read_control(message.payload());
  if (!control || (control->what == Control::What::revoke && issued_s_ > control->number)) return;
  front_.loop().post([weak = std::weak_ptr(obey_), control = *std::move(control)] {
    if (const auto obey = weak.lock()) (*obey)(control);
  });
}

}  // namespace duplex::ws
