// The HTTP port's part of one loop: takes connections, keeps their sessions and their deadlines.
#pragma once

#include "net/descriptor.h"
#include "net/event_loop.h"
#include "net/timer_queue.h"
#include "pubsub/loop_subscribers.h"
#include "ws/counters.h"
#include "ws/deadlines.h"
#include "ws/http_router.h"
#include "ws/options.h"

#include <cstdint>
#include <memory>
#include <unordered_set>

namespace duplex::net {
class TlsContext;
}

namespace duplex::ws {

class HttpSession;
class WsSession;

// Thread: confined to its loop, but for construction and destruction while the loop does not run.
// Lifetime: its references outlive it. WebSocket sessions end with the loop; HTTP sessions may be
// destroyed later, with the loop's io_context.
class HttpFront {
 public:
  HttpFront(net::EventLoop& loop,
            pubsub::LoopSubscribers& subscribers,
            const Options& options,
            const HttpRouter& router,
            Counters& counters);
  ~HttpFront();
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

  // A session for a new connection, or 503 when there are too many. `tls`: null for plain text.
  void accept(net::Descriptor connected, const net::TlsContext* tls);
  // Nothing new is answered: idle connections end at once, the others when their response has left;
  // WebSockets are told to come back later.
  void begin_shutdown();
  bool is_shutting_down() const { return shutting_down_; }

  net::EventLoop& loop() { return loop_; }
  pubsub::LoopSubscribers& subscribers() { return subscribers_; }
  const Options& options() const { return options_; }
  const HttpRouter& router() const { return router_; }
  Counters& counters() { return counters_; }

  // Milliseconds of a clock that never jumps.
  static std::int64_t now_ms();
  void set_deadline(Deadlined& what, DeadlineKind kind);
  void clear_deadline(Deadlined& what) { deadlines_.clear(what); }

  // Makes a WebSocket session, to be started on its socket.
  WsSession& add_websocket(Door door);
  void remove(WsSession& session);
  void add(HttpSession& session);
  void remove(HttpSession& session);

 private:
  void arm();

  net::EventLoop& loop_;
  pubsub::LoopSubscribers& subscribers_;
  const Options& options_;
  const HttpRouter& router_;
  Counters& counters_;
  Deadlines deadlines_;
  net::TimerId timer_ = 0;
  std::int64_t timer_due_ms_ = 0;
  std::unordered_set<WsSession*> websockets_;  // owned
  std::unordered_set<HttpSession*> http_sessions_;
  bool shutting_down_ = false;
};

}  // namespace duplex::ws
