// The list of this room's command families.
#include "realtime/families.h"

namespace duplex::realtime {

std::vector<std::span<const commands::CommandSpec>> command_families() {
  return {history_commands()};
}

}  // namespace duplex::realtime
