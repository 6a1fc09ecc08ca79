// Commands that come over HTTP, run on a loop as those of a client.
#pragma once

#include "base/buffer.h"
#include "commands/client.h"
#include "net/command_loop.h"
#include "realtime/command_runner.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>

namespace duplex::server {

// The sessions of one loop.
// Thread: confined to its loop. Lifetime: ends after the loop has stopped, and before its
// CommandLoop; sessions may outlive it, and answer nothing then.
class CommandSessions {
 public:
  explicit CommandSessions(net::CommandLoop& loop) : loop_(loop) {}
  ~CommandSessions();
  CommandSessions(const CommandSessions&) = delete;
  CommandSessions& operator=(const CommandSessions&) = delete;

  // As CommandRunner's.
  std::shared_ptr<realtime::CommandSession> open(std::string_view user);
  std::shared_ptr<realtime::CommandSession> log_in(std::string_view user,
                                                   std::string_view password);
  std::shared_ptr<realtime::CommandSession> open_server();

 private:
  class Session;

  std::shared_ptr<Session> make();

  net::CommandLoop& loop_;
  std::unordered_set<Session*> sessions_;
};

}  // namespace duplex::server
