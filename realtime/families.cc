// The command families of this room.
#include "realtime/families.h"

namespace duplex::realtime {

std::vector<std::span<const commands::CommandSpec>> command_families() {
  return {control_commands(),
          history_commands(),
          live_commands(),
          presence_commands(),
          reply_commands()};
}

}  // namespace duplex::realtime
