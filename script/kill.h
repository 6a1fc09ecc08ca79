// SCRIPT KILL and FUNCTION KILL.
#pragma once

#include "commands/command_context.h"
#include "commands/running_scripts.h"

namespace duplex::script {

// Stops what runs of this kind, and answers.
void kill_scripts(commands::CommandContext& ctx, commands::RunningScript::Kind kind);

}  // namespace duplex::script
