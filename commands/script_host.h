// What the dispatcher knows about scripts; the room `script` fills it in.
#pragma once

#include "commands/command_table.h"
#include "commands/running_scripts.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace duplex::commands {

class CommandContext;

// The memory of one script unit from script to script: its interpreter.
class ScriptMemory {
 public:
  virtual ~ScriptMemory() = default;
};

// What is kept of scripts and functions, and the bytes that it takes.
struct ScriptUse {
  std::size_t cached = 0;  // scripts that EVALSHA finds
  std::size_t cached_bytes = 0;
  std::size_t evicted = 0;  // scripts that made room for others
  std::size_t libraries = 0;
  std::size_t functions = 0;
  std::size_t library_bytes = 0;
  // What the interpreters take, each rounded to some KiB.
  std::size_t eval_interpreter_bytes = 0;
  std::size_t function_interpreter_bytes = 0;
};

// What becomes of the libraries of functions that are there when others are taken in.
enum class LibraryPolicy : std::uint8_t {
  flush,    // they go
  append,   // they stay; one of the same name is an error
  replace,  // they stay, but for those of the same name
};

// Thread: any.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
  virtual ScriptUse use() const = 0;
  // Whether the request runs a script that says it stays with the keys it names, and so far did.
  virtual bool stays_with_keys(const Command& command, Args args) const = 0;
  // Whether it runs a script or function that says it does not write.
  virtual bool never_writes(const Command& command, Args args) const = 0;
  // Takes in the libraries with these sources, all or none, and logs that. The error is a whole
  // reply. Requires: `ctx` holds all shards.
  virtual std::expected<void, std::string> restore(CommandContext& ctx,
                                                   std::span<const std::string> sources,
                                                   LibraryPolicy policy) = 0;

  RunningScripts& running() { return running_; }

 private:
  RunningScripts running_;
};

}  // namespace duplex::commands
