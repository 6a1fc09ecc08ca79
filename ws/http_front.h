// The HTTP port's part of one loop: takes connections, keeps their sessions and their deadlines.
#pragma once

#include "commands/client_registry.h"
#include "net/descriptor.h"
#include "net/event_loop.h"
#include "net/log_gate.h"
#include "net/session_limits.h"
#include "net/timer_queue.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/authority.h"
#include "realtime/command_runner.h"
#include "realtime/live_key_board.h"
#include "realtime/presence.h"
#include "realtime/replies.h"
#include "ws/connection_limits.h"
#include "ws/counters.h"
#include "ws/deadline_timer.h"
#include "ws/http_router.h"
#include "ws/options.h"
#include "ws/takeover.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace duplex::net {
class TlsContext;
}

namespace duplex::ws {

class HttpFront;
class HttpSession;

// What a front works with. Lifetime: all of it outlives the front.
struct FrontParts {
  net::EventLoop& loop;
  pubsub::LoopSubscribers& subscribers;
  realtime::CommandRunner& commands;
  realtime::Presence& presence;
  commands::LiveKeys& live_keys;
  const realtime::Authority& authority;
  const Options& options;
  const HttpRouter& router;
  Counters& counters;
  // The fronts of all loops, by index; nullptr if there is only this one.
  const std::vector<std::unique_ptr<HttpFront>>* fronts = nullptr;
  net::LogGate* log = nullptr;  // nullptr if there is nothing to wait for
  ConnectionLimits* limits = nullptr;  // nullptr: there are none
  // The server's clients and how many there may be; nullptr: WebSockets are none of them.
  commands::ClientRegistry* clients = nullptr;
  const net::SessionLimits* client_limits = nullptr;
};

// Thread: confined to its loop, but for construction and destruction while the loop does not run.
// Lifetime: what took a connection over ends with the loop; HTTP sessions may be destroyed later,
// with the loop's io_context.
class HttpFront {
 public:
  explicit HttpFront(const FrontParts& parts);
  ~HttpFront();
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

  // A session for a new connection, or 503 when there are too many. `tls`: null for plain text.
  void accept(net::Descriptor connected, const net::TlsContext* tls);
  // Nothing new is answered: idle connections end at once, the others when their response has left;
  // WebSockets are told to come back later.
  void begin_shutdown();
  bool is_shutting_down() const { return shutting_down_; }

  net::EventLoop& loop() { return parts_.loop; }
  pubsub::LoopSubscribers& subscribers() { return parts_.subscribers; }
  realtime::CommandRunner& commands() { return parts_.commands; }
  realtime::Presence& presence() { return parts_.presence; }
  commands::LiveKeys& live_keys() { return parts_.live_keys; }
  // The live keys that sessions of this loop watch.
  realtime::LiveKeyBoard& live_board() { return live_board_; }
  // Tells that somebody has left a channel, unless the user is back soon.
  void say_farewell(std::string_view channel, realtime::Present who);
  // The answers of programs that sessions of this loop wait for; its clock is now_ms().
  realtime::Replies& replies() { return replies_; }
  const realtime::Authority& authority() const { return parts_.authority; }
  const Options& options() const { return parts_.options; }
  const HttpRouter& router() const { return parts_.router; }
  Counters& counters() { return parts_.counters; }
  // How many loops have a front.
  std::size_t loops() const { return parts_.fronts != nullptr ? parts_.fronts->size() : 1; }
  // The front of another loop.
  HttpFront& front_of(std::size_t loop) const { return *parts_.fronts->at(loop); }

  // What depends on a command waits here until the log has it; nullptr if there is no log to come.
  net::LogGate* log() const { return parts_.log; }

  // Milliseconds of a clock that never jumps.
  static std::int64_t now_ms() { return DeadlineTimer::now_ms(); }
  void set_deadline(Deadlined& what, DeadlineKind kind) { deadlines_.set(what, kind, now_ms()); }
  void clear_deadline(Deadlined& what) { deadlines_.clear(what); }

  commands::ClientRegistry* clients() { return parts_.clients; }
  // Are there as many clients as there may be?
  bool is_full() const;
  // A place for one more WebSocket or stream from this peer; false, and counted, if there is none.
  bool enter_address(std::string_view peer, ConnectionLimits::Place& place);
  // The same for one more of this user's.
  bool enter_user(std::string_view user, ConnectionLimits::Place& place);

  // Keeps what takes a connection over, to be started on its socket, until remove(). `place`: its
  // address's.
  Takeover& add(std::unique_ptr<Takeover> takeover, ConnectionLimits::Place place = {});
  void remove(Takeover& takeover);
  void add(HttpSession& session);
  void remove(HttpSession& session);

 private:
  void settle_replies_after(std::int64_t delay_ms);

  FrontParts parts_;
  realtime::Replies replies_;
  realtime::LiveKeyBoard live_board_;
  net::TimerId live_timer_ = 0;
  DeadlineTimer deadlines_;
  struct Kept {
    std::unique_ptr<Takeover> takeover;
    ConnectionLimits::Place place;
  };
  std::unordered_map<Takeover*, Kept> takeovers_;
  std::unordered_set<HttpSession*> http_sessions_;
  std::deque<net::TimerId> farewells_;  // all have the same delay
  bool shutting_down_ = false;
};

}  // namespace duplex::ws
