// The loops' parts, each made for its first connection.
#include "ws/socket_io_service.h"

#include "ws/http_front.h"
#include "ws/socket_io_client.h"

namespace duplex::ws {

SocketIoLoop::SocketIoLoop(HttpFront& front,
                           const SocketIoOptions& options,
                           const std::vector<EventRouter*>& routers)
    : front_(front),
      options_(options),
      routers_(routers),
      rooms_(front.subscribers()),
      events_(front, options, rooms_),
      orders_(front.loop(), front.subscribers(), rooms_) {}

std::unique_ptr<EngineApplication> SocketIoService::open(EngineSession& session, HttpFront& front) {
  auto& loop = loops_[front.loop().index()];
  if (!loop) {
    loop = std::make_unique<SocketIoLoop>(front, options_, routers_);
    for (EventRouter* router : routers_)
      router->on_loop(front, loop->rooms());
  }
  return std::make_unique<SocketIoClient>(session, *loop);
}

}  // namespace duplex::ws
