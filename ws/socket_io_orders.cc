// Hearing orders, and obeying them a moment later.
#include "ws/socket_io_orders.h"

#include "ws/disconnect.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_socket.h"

#include <algorithm>

namespace duplex::ws {

namespace {

using realtime::Control;

std::vector<std::string> channels_of(const SocketIoSocket& socket) {
  const realtime::Identity& identity = socket.identity();
  std::vector<std::string> channels{realtime::control_of_client(socket.id())};
  if (!identity.user.empty()) channels.push_back(realtime::control_of_user(identity.user));
  if (!identity.token_id.empty()) channels.push_back(realtime::control_of_token(identity.token_id));
  return channels;
}

}  // namespace

// The hub counts sockets; the loop itself has one subscription for all of them.
void SocketIoOrders::add(SocketIoSocket& socket) {
  for (std::string& channel : channels_of(socket)) {
    auto& sockets = sockets_[channel];
    if (sockets.empty())
      subscribers_.subscribe(*this, pubsub::Kind::control, channel);
    else
      subscribers_.hub().subscribe(subscribers_.loop(), pubsub::Kind::control, channel);
    sockets.push_back(&socket);
  }
}

void SocketIoOrders::remove(SocketIoSocket& socket) {
  for (const std::string& channel : channels_of(socket)) {
    const auto found = sockets_.find(channel);
    std::erase(found->second, &socket);
    if (found->second.empty()) {
      subscribers_.unsubscribe(*this, pubsub::Kind::control, channel);
      sockets_.erase(found);
    } else {
      subscribers_.hub().unsubscribe(subscribers_.loop(), pubsub::Kind::control, channel);
    }
  }
}

// Nobody may come or go while a message is delivered.
void SocketIoOrders::deliver(const pubsub::Message& message, std::string_view) {
  auto control = realtime::read_control(message.payload());
  if (!control) return;
  orders_.push_back({std::string(message.channel()), std::move(*control)});
  if (orders_.size() == 1) loop_.post([this] { obey_all(); });
}

void SocketIoOrders::obey_all() {
  for (const Order& order : std::exchange(orders_, {}))
    obey(order);
}

void SocketIoOrders::obey(const Order& order) {
  const auto found = sockets_.find(order.channel);
  if (found == sockets_.end()) return;
  // One may end with another one, as sockets of several namespaces share a connection.
  std::vector<std::pair<std::string, std::string>> names;
  for (const SocketIoSocket* socket : found->second)
    names.emplace_back(socket->name_space(), socket->id());
  for (const auto& [name_space, id] : names)
    if (SocketIoSocket* socket = rooms_.find(name_space, id)) obey(*socket, order.control);
}

void SocketIoOrders::obey(SocketIoSocket& socket, const Control& control) {
  switch (control.what) {
    case Control::What::disconnect:
      return socket.disconnect(!is_final(static_cast<CloseCode>(control.number)));
    case Control::What::subscribe:
      rooms_.join(socket, control.text);
      return;
    case Control::What::unsubscribe:
      if (control.text != socket.id()) rooms_.leave(socket, control.text);
      return;
    case Control::What::revoke:
      if (socket.identity().issued_s <= control.number) socket.disconnect(true);
      return;
  }
}

}  // namespace duplex::ws
