// SCRIPT KILL and FUNCTION KILL.
#include "script/kill.h"

#include "commands/errors.h"
#include "script/engine.h"

namespace duplex::script {

void kill_scripts(commands::CommandContext& ctx, commands::RunningScript::Kind kind) {
  using commands::RunningScript;
  using commands::RunningScripts;
  switch (Engine::of(ctx).running().kill(kind)) {
    case RunningScripts::Ending::killed:
      return ctx.reply().ok();
    case RunningScripts::Ending::none_running:
      return ctx.error("NOTBUSY No scripts in execution right now.");
    case RunningScripts::Ending::other_kind:
      return ctx.error(kind == RunningScript::Kind::eval ? commands::errors::busy_function
                                                         : commands::errors::busy_script);
    case RunningScripts::Ending::has_written:
      return ctx.error(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
          "can either wait the script termination or kill the server in a hard way using the "
          "SHUTDOWN NOSAVE command.");
  }
}

}  // namespace duplex::script
