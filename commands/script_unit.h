// A unit that may take long: a script, or a transaction with scripts, on a stack of its own.
#pragma once

#include "base/buffer.h"
#include "base/fiber.h"
#include "commands/client.h"
#include "commands/executor.h"
#include "commands/script_host.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// What a script may do, and what it did. Filled in by its command's handler.
struct ScriptScope {
  bool read_only = false;
  bool allows_oom = false;  // or the memory was not scarce when it began
  bool has_written = false;
  bool has_strayed = false;  // touched a key that it was not given
  // 0: nothing is logged. redis.set_repl() can say so.
  bool is_logged = true;
  RunningScript::Kind kind = RunningScript::Kind::eval;
  std::string_view name;  // of a function
  // Runs the script's commands: SELECT in a script does not change the caller's database.
  Client client;

  void begin(const Client& caller);
};

// Thread: confined to the executor that made it.
struct ScriptUnit {
  ScriptUnit(Services& services, pubsub::LoopSubscribers& subscribers, LoopStatistics& statistics);

  // Keeps the request, whose bytes may go while the unit is suspended.
  void keep(const Request& asked);

  Executor executor;
  base::Fiber fiber;
  base::Buffer reply;
  Client* client = nullptr;
  Request request;
  Outcome outcome = Outcome::done;
  bool is_silent = false;  // CLIENT REPLY: the reply is dropped
  bool is_over = false;
  bool is_abandoned = false;    // the server stops: it has to end, and leaves no trace in the log
  std::uint64_t slice_end = 0;  // base::ticks()
  RunningScripts::Pointer running;  // once it was suspended
  ScriptScope scope;
  std::unique_ptr<ScriptMemory> memory;

 private:
  std::string bytes_;
  std::vector<std::string_view> words_;
};

}  // namespace duplex::commands
