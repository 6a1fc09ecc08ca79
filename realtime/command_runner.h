// Running commands for browsers and for the server's own purposes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace duplex::realtime {

// As whom a command runs.
enum class RunAs : std::uint8_t {
  server,   // whom no rule limits
  browser,  // the ACL user `browser`: the outer fence around everything that browsers cause
};

struct Ran {
  std::string reply;               // RESP3
  std::uint64_t log_position = 0;  // what depends on it must not leave before the log is written
                                   // up to here; 0: nothing to wait for
};

// Commands of one client, one after the other, as if over a connection of its own: it has its own
// transaction. Commands do not wait for anything: BLPOP of an empty list
// answers at once, and those that subscribe are refused.
//
// Thread: confined to its loop. Lifetime: lives on until a command that has begun is over.
class CommandSession {
 public:
  virtual ~CommandSession() = default;
  // `done` gets the reply (RESP2), at once or later: a script may take its time.
  // Requires: the command before is done.
  virtual void run(std::span<const std::string_view> arguments, std::function<void(Ran)> done) = 0;
};

// Runs commands on one loop.
// Thread: confined to that loop.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  virtual Ran run(std::span<const std::string_view> arguments, RunAs as) = 0;
  // A session of this ACL user; nullptr if there is none, or it is off. A runner without access
  // control has no sessions.
  virtual std::shared_ptr<CommandSession> open_session(std::string_view) { return nullptr; }
  // The same if this is a password of the user; users that need none do not count.
  virtual std::shared_ptr<CommandSession> log_in(std::string_view /*user*/,
                                                 std::string_view /*password*/) {
    return nullptr;
  }
  // A session of the server itself.
  virtual std::shared_ptr<CommandSession> open_server_session() { return nullptr; }
};

}  // namespace duplex::realtime
