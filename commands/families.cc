// The command families of this room, one table each.
#include "commands/families.h"

#include "commands/transaction.h"

namespace duplex::commands {

std::vector<std::span<const CommandSpec>> command_families() {
  return {
      client_commands(),
      connection_commands(),
      pubsub_commands(),
      transaction_commands(),
  };
}

}  // namespace duplex::commands
