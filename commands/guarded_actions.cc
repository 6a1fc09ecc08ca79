// What an operator allows to nobody, to everybody, or to clients of the same machine.
#include "commands/guarded_actions.h"

#include "base/text.h"

#include <fmt/format.h>

#include <span>

namespace duplex::commands {

namespace {

// A client without an IP address came through a local socket.
bool is_local(const Client& client) {
  const std::string_view address = client.address;
  return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with('/');
}

}  // namespace

bool is_allowed(const Services& services, const Client& client, std::string_view directive) {
  const auto found = services.config.get(std::span(&directive, 1));
  if (found.empty() || found.front().second == "no") return false;
  return found.front().second == "yes" || is_local(client);
}

std::optional<std::string> guard_refusal(const Services& services,
                                         const Client& client,
                                         const Command& command) {
  const std::string_view name =
      command.container != nullptr ? command.container->spec->name : command.spec->name;
  const std::string directive = fmt::format("enable-{}-command", base::lowered(name));
  if (is_allowed(services, client, directive)) return std::nullopt;
  return fmt::format(
      "ERR {} command not allowed. If the {} option is set to \"local\", you can run it from a "
      "local connection, otherwise you need to set this option in the configuration file, and then "
      "restart the server.",
      name,
      directive);
}

}  // namespace duplex::commands
