// Counting connections in and out.
#include "ws/http_front.h"

#include "realtime/announcement.h"
#include "ws/http_session.h"

#include <chrono>
#include <utility>
#include <vector>

namespace duplex::ws {

HttpFront::HttpFront(const FrontParts& parts)
    : parts_(parts),
      replies_(parts.subscribers, [this](std::int64_t ms) { settle_replies_after(ms); }),
      live_board_(parts.subscribers,
                  parts.live_keys,
                  parts.commands,
                  [this](std::int64_t ms) {
                    live_timer_ = loop().after(std::chrono::milliseconds(ms), [this] {
                      live_timer_ = 0;
                      live_board_.settle();
                    });
                  }),
      deadlines_(parts.loop,
                 {parts.options.connect_timeout_ms,
                  parts.options.ping_interval_ms,
                  parts.options.pong_timeout_ms,
                  parts.options.close_timeout_ms}) {}

HttpFront::~HttpFront() {
  loop().cancel(live_timer_);
  for (const net::TimerId farewell : farewells_)
    loop().cancel(farewell);
  for (HttpSession* session : http_sessions_)
    session->forget_front();
}

void HttpFront::accept(net::Descriptor connected, const net::TlsContext* tls) {
  const bool full =
      counters().connections.fetch_add(1, std::memory_order_relaxed) >= options().connections_max;
  if (full) Counters::add(counters().connections_refused);
  // A handshake only to say 503 would be what too many connections cost, without a limit to it.
  if (full && tls != nullptr) return Counters::subtract(counters().connections);
  HttpSession::start(*this, std::move(connected), tls, full);
}

void HttpFront::begin_shutdown() {
  shutting_down_ = true;
  router().begin_shutdown(*this);
  for (const auto& [takeover, kept] : takeovers_)
    takeover->begin_shutdown();
  const std::vector<HttpSession*> sessions(http_sessions_.begin(), http_sessions_.end());
  for (HttpSession* session : sessions)
    session->close_if_idle();
}

void HttpFront::settle_replies_after(std::int64_t delay_ms) {
  const auto settle = [this] { replies_.settle(now_ms()); };
  if (delay_ms == 0)
    loop().post(settle);
  else
    loop().after(std::chrono::milliseconds(delay_ms), settle);
}

bool HttpFront::is_full() const {
  return parts_.clients != nullptr && parts_.client_limits != nullptr &&
         parts_.clients->size() >=
             parts_.client_limits->clients_max.load(std::memory_order_relaxed);
}

bool HttpFront::enter_address(std::string_view peer, ConnectionLimits::Place& place) {
  if (parts_.limits == nullptr) return true;
  const auto refusal = parts_.limits->enter_address(peer, now_ms(), place);
  if (!refusal) return true;
  counters().denials.add(*refusal == ConnectionLimits::Refusal::too_fast
                             ? realtime::DenialReason::address_rate
                             : realtime::DenialReason::address_connections);
  return false;
}

bool HttpFront::enter_user(std::string_view user, ConnectionLimits::Place& place) {
  if (parts_.limits == nullptr || parts_.limits->enter_user(user, place)) return true;
  counters().denials.add(realtime::DenialReason::user_connections);
  return false;
}

void HttpFront::say_farewell(std::string_view channel, realtime::Present who) {
  const std::int64_t delay_ms = options().leave_delay_ms;
  presence().leave_farewell(channel, std::move(who), now_ms() + delay_ms);
  farewells_.push_back(loop().after(std::chrono::milliseconds(delay_ms), [this] {
    farewells_.pop_front();
    for (const auto& [name, left] : presence().take_farewells(now_ms()))
      realtime::announce(subscribers(), name, "leave", left.json());
    subscribers().deliver_waiting();
  }));
}

Takeover& HttpFront::add(std::unique_ptr<Takeover> takeover, ConnectionLimits::Place place) {
  Takeover& added = *takeover;
  takeovers_.emplace(&added, Kept{.takeover = std::move(takeover), .place = std::move(place)});
  return added;
}

void HttpFront::remove(Takeover& takeover) {
  Counters::subtract(counters().connections);
  takeovers_.erase(&takeover);
}

void HttpFront::add(HttpSession& session) {
  http_sessions_.insert(&session);
}

void HttpFront::remove(HttpSession& session) {
  http_sessions_.erase(&session);
}

}  // namespace duplex::ws
