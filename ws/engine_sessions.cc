// Ids, and what sessions want done in a later pass.
#include "ws/engine_sessions.h"

#include <algorithm>
#include <utility>

namespace duplex::ws {

namespace {

// Exact when the heartbeat is fast, as test suites want it; else neighbours share a wake-up.
std::int64_t granularity_of(const EngineOptions& options) {
  return std::min(options.ping_interval_ms, options.ping_timeout_ms) < 5'000 ? 1 : 100;
}

}  // namespace

EngineSessions::EngineSessions(net::EventLoop& loop,
                               const EngineOptions& options,
                               std::atomic<std::size_t>& count)
    : loop_(loop),
      options_(options),
      count_(count),
      deadlines_(loop,
                 {options.connect_timeout_ms,
                  options.ping_interval_ms,
                  options.ping_timeout_ms,
                  options.upgrade_timeout_ms},
                 granularity_of(options)) {}

EngineSessions::~EngineSessions() = default;

EngineSession* EngineSessions::add(EngineClient client) {
  if (count_.fetch_add(1, std::memory_order_relaxed) >= options_.sessions_max) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  std::string sid = new_engine_sid(loop_.index());
  auto session = std::make_unique<EngineSession>(*this, sid, std::move(client));
  return sessions_.emplace(std::move(sid), std::move(session)).first->second.get();
}

EngineSession* EngineSessions::find(std::string_view sid) {
  const auto found = sessions_.find(sid);
  if (found == sessions_.end()) return nullptr;
  EngineSession& session = *found->second;
  if (session.is_overdue(DeadlineTimer::now_ms())) {
    session.close(EngineEnd::ping_timeout);
    return nullptr;
  }
  return &session;
}

void EngineSessions::close_all(EngineEnd reason) {
  std::vector<EngineSession*> sessions;
  for (const auto& [sid, session] : sessions_)
    sessions.push_back(session.get());
  for (EngineSession* session : sessions)
    session->close(reason);
}

EngineHandshake EngineSessions::handshake_of(std::string_view sid, bool may_upgrade) const {
  return {.sid = sid,
          .may_upgrade = may_upgrade,
          .ping_interval_ms = options_.ping_interval_ms,
          .ping_timeout_ms = options_.ping_timeout_ms,
          .payload_bytes_max = options_.payload_bytes_max};
}

void EngineSessions::schedule(EngineSession& session) {
  scheduled_.push_back(&session);
  post();
}

void EngineSessions::retire(EngineSession& session) {
  const auto found = sessions_.find(session.sid());
  if (found == sessions_.end()) return;
  retired_.push_back(std::move(found->second));
  sessions_.erase(found);
  count_.fetch_sub(1, std::memory_order_relaxed);
  post();
}

void EngineSessions::post() {
  if (std::exchange(posted_, true)) return;
  loop_.post([this] { run_posted(); });
}

// Flushing may retire: those stay until the next time, as the list may still name them.
void EngineSessions::run_posted() {
  posted_ = false;
  const auto retired = std::exchange(retired_, {});
  for (EngineSession* session : std::exchange(scheduled_, {}))
    session->flush();
}

}  // namespace duplex::ws
