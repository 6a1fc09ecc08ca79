// Counting connections in and out, and one timer for all deadlines.
#include "ws/http_front.h"

#include "base/clock.h"
#include "ws/disconnect.h"
#include "ws/echo_session.h"
#include "ws/http_session.h"
#include "ws/json_session.h"
#include "ws/ws_session.h"

#include <chrono>
#include <utility>
#include <vector>

namespace duplex::ws {

HttpFront::HttpFront(net::EventLoop& loop,
                     pubsub::LoopSubscribers& subscribers,
                     const Options& options,
                     const HttpRouter& router,
                     Counters& counters)
    : loop_(loop),
      subscribers_(subscribers),
      options_(options),
      router_(router),
      counters_(counters),
      deadlines_({options.connect_timeout_ms,
                  options.ping_interval_ms,
                  options.pong_timeout_ms,
                  options.close_timeout_ms}) {}

HttpFront::~HttpFront() {
  loop_.cancel(timer_);
  for (HttpSession* session : http_sessions_)
    session->forget_front();
}

void HttpFront::accept(net::Descriptor connected, const net::TlsContext* tls) {
  const bool full =
      counters_.connections.fetch_add(1, std::memory_order_relaxed) >= options_.connections_max;
  if (full) Counters::add(counters_.connections_refused);
  // A handshake only to say 503 would be what too many connections cost, without a limit to it.
  if (full && tls != nullptr) return Counters::subtract(counters_.connections);
  HttpSession::start(*this, std::move(connected), tls, full);
}

void HttpFront::begin_shutdown() {
  shutting_down_ = true;
  for (WsSession* session : websockets_)
    session->close(disconnects::shutdown);
  const std::vector<HttpSession*> sessions(http_sessions_.begin(), http_sessions_.end());
  for (HttpSession* session : sessions)
    session->close_if_idle();
}

std::int64_t HttpFront::now_ms() {
  return base::steady_us() / 1000;
}

void HttpFront::set_deadline(Deadlined& what, DeadlineKind kind) {
  deadlines_.set(what, kind, now_ms());
  arm();
}

void HttpFront::arm() {
  const auto due_ms = deadlines_.next_due_ms();
  if (!due_ms || (timer_ != 0 && timer_due_ms_ <= *due_ms)) return;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_due_ms_ = *due_ms;
  timer_ = loop_.after(std::chrono::milliseconds(*due_ms - now_ms()), [this] {
    timer_ = 0;
    deadlines_.run(now_ms());
    arm();
  });
}

WsSession& HttpFront::add_websocket(Door door) {
  WsSession* session = nullptr;
  if (door == Door::echo)
    session = new EchoSession(*this);
  else
    session = new JsonSession(*this);
  websockets_.insert(session);
  Counters::add(counters_.websockets);
  Counters::add(counters_.websockets_opened);
  return *session;
}

void HttpFront::remove(WsSession& session) {
  websockets_.erase(&session);
  Counters::subtract(counters_.websockets);
  Counters::subtract(counters_.connections);
  delete &session;
}

void HttpFront::add(HttpSession& session) {
  http_sessions_.insert(&session);
}

void HttpFront::remove(HttpSession& session) {
  http_sessions_.erase(&session);
}

}  // namespace duplex::ws
