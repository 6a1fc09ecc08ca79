// The Engine.IO sessions of one loop, by their ids.
#pragma once

#include "base/hash.h"
#include "net/event_loop.h"
#include "ws/deadline_timer.h"
#include "ws/engine_session.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::ws {

// Of one endpoint. Names and units as the directives sio-*.
struct EngineOptions {
  std::string path = "/socket.io/";
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 20'000;
  std::int64_t connect_timeout_ms = 45'000;
  std::int64_t upgrade_timeout_ms = 10'000;
  std::size_t payload_bytes_max = 1'000'000;           // of one message, and of one polling body
  std::size_t queue_bytes_max = std::size_t{1} << 20;  // for a session without WebSocket
  std::size_t sessions_max = 10'000;                   // over all loops
};

// Thread: confined to its loop, but for construction and destruction while the loop does not run.
// Lifetime: the options and the count outlive it.
class EngineSessions {
 public:
  // `count`: of all sessions of the endpoint, on all loops.
  EngineSessions(net::EventLoop& loop,
                 const EngineOptions& options,
                 std::atomic<std::size_t>& count);
  EngineSessions(const EngineSessions&) = delete;
  EngineSessions& operator=(const EngineSessions&) = delete;
  ~EngineSessions();

  // A new session, not yet open; null if there are too many.
  EngineSession* add(EngineClient client);
  // Null if there is none, or if its client has been silent for too long.
  EngineSession* find(std::string_view sid);
  std::size_t size() const { return sessions_.size(); }
  void close_all(EngineEnd reason);

  const EngineOptions& options() const { return options_; }
  EngineHandshake handshake_of(std::string_view sid, bool may_upgrade) const;

  // For the sessions.

  DeadlineTimer& deadlines() { return deadlines_; }
  // Has the session's flush() called in a later pass.
  void schedule(EngineSession& session);
  // The session is over: its id is unknown from now on, and it is destroyed in a later pass.
  void retire(EngineSession& session);

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return base::hash_bytes(text); }
  };

  void post();
  void run_posted();

  net::EventLoop& loop_;
  const EngineOptions& options_;
  std::atomic<std::size_t>& count_;
  DeadlineTimer deadlines_;  // outlives the sessions
  std::unordered_map<std::string, std::unique_ptr<EngineSession>, StringHash, std::equal_to<>>
      sessions_;
  std::vector<EngineSession*> scheduled_;
  std::vector<std::unique_ptr<EngineSession>> retired_;
  bool posted_ = false;
};

}  // namespace duplex::ws
