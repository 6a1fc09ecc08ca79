// The command families of this room.
#include "script/families.h"

namespace duplex::script {

std::vector<std::span<const commands::CommandSpec>> command_families() {
  return {eval_commands(), function_commands(), script_commands()};
}

}  // namespace duplex::script
