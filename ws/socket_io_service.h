// Socket.IO behind its endpoint: what all connections of a loop share.
#pragma once

#include "realtime/token_bucket.h"
#include "ws/engine_service.h"
#include "ws/socket_io_events.h"
#include "ws/socket_io_orders.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_routes.h"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

struct SocketIoOptions {
  std::vector<std::string> namespaces = {"/"};
  std::size_t rooms_max = 128;  // that a socket may join by itself
  std::size_t room_bytes_max = 255;
  realtime::Rate events{50, 100};
  // Events refused for their rate: more than the burst of these end the connection.
  realtime::Rate refusals{1, 10};
  // Off for test suites only: every client is anonymous, whatever it sends, and none is too fast.
  bool authenticate = true;
};

// Lifetime: outlives the sessions of its loop. Thread: confined to it.
class SocketIoLoop {
 public:
  SocketIoLoop(HttpFront& front,
               const SocketIoOptions& options,
               const std::vector<EventRouter*>& routers);

  HttpFront& front() { return front_; }
  const SocketIoOptions& options() const { return options_; }
  SocketIoRooms& rooms() { return rooms_; }
  SocketIoEvents& events() { return events_; }
  SocketIoOrders& orders() { return orders_; }
  const std::vector<EventRouter*>& routers() const { return routers_; }

 private:
  HttpFront& front_;
  const SocketIoOptions& options_;
  const std::vector<EventRouter*>& routers_;
  SocketIoRooms rooms_;
  SocketIoEvents events_;
  SocketIoOrders orders_;
};

// Thread: any loop; what belongs to a loop is made on it.
class SocketIoService final : public EngineService {
 public:
  // Routers are asked in this order. Lifetime: they outlive the service.
  SocketIoService(SocketIoOptions options, std::vector<EventRouter*> routers)
      : options_(std::move(options)), routers_(std::move(routers)) {}

  std::unique_ptr<EngineApplication> open(EngineSession& session, HttpFront& front) override;

 private:
  const SocketIoOptions options_;
  const std::vector<EventRouter*> routers_;
  std::array<std::unique_ptr<SocketIoLoop>, engine_loops_max> loops_;
};

}  // namespace duplex::ws
