// What the dispatcher knows about scripts; the room `script` fills it in.
#pragma once

#include "commands/command_spec.h"
#include "commands/running_scripts.h"

namespace duplex::commands {

// The memory of one script unit from script to script: its interpreter.
class ScriptMemory {
 public:
  virtual ~ScriptMemory() = default;
};

// Thread: any.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
  // Whether the request runs a script that says it stays with the keys it names, and so far did.
  virtual bool stays_with_keys(const Command& command, Args args) const = 0;
  // Whether it runs a script or function that says it does not write.
  virtual bool never_writes(const Command& command, Args args) const = 0;

  RunningScripts& running() { return running_; }

 private:
  RunningScripts running_;
};

}  // namespace duplex::commands
