// One HTTP connection: requests in, responses out, until it ends or something takes it over.
#pragma once

#include "net/descriptor.h"
#include "net/stream.h"
#include "net/timer_queue.h"
#include "ws/http_router.h"

#include <memory>
#include <variant>

namespace duplex::net {
class TlsContext;
}

namespace duplex::ws {

class HttpFront;

// Reads with Beast, one request at a time; pipelined ones wait in the buffer.
//
// Thread: confined to its loop.
// Lifetime: kept alive by its pending operations, or by the response that is still to come; the
// front may end first.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  // `refuse`: answer 503 without reading, and close.
  static void start(HttpFront& front,
                    net::Descriptor connected,
                    const net::TlsContext* tls,
                    bool refuse);

  virtual ~HttpSession() = default;
  // Closes unless a response is under way; that one is the last then.
  virtual void close_if_idle() = 0;
  // The front is gone.
  virtual void forget_front() = 0;
};

}  // namespace duplex::ws
