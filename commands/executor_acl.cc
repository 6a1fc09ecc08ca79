// The executor's questions to access control.
#include "commands/acl_session.h"
#include "commands/executor.h"

#include <fmt/format.h>

namespace duplex::commands {

bool Executor::refresh_user(Client& client) {
  if (acl::refresh(services_, client)) return true;
  // Who asks to look is answered by the end of the connection; there is nobody to answer here.
  if (client.connection != nullptr) client.connection->close_after_reply();
  return false;
}

std::optional<acl::Denial> Executor::denial(Client& client,
                                            const Command& command,
                                            Args args,
                                            acl::Origin origin) {
  if (!client.is_restricted) return std::nullopt;
  const auto denial = acl::check(*client.user, command, args);
  if (denial) acl::note_denial(services_, client, *denial, command, args, origin, context_.now_ms_);
  return denial;
}

bool Executor::may_run(Client& client, const Command& command, Args args) {
  const auto denied = denial(
      client, command, args, client.transaction.open ? acl::Origin::multi : acl::Origin::toplevel);
  if (!denied) return true;
  reject(
      client, &command, "NOPERM " + acl::denial_text(*denied, *client.user, command, args, false));
  return false;
}

bool Executor::may_still_run(Client& client, const Command& command, Args args) {
  if (client.acl_version != services_.users.version() && !refresh_user(client)) return false;
  const auto denied = denial(client, command, args, acl::Origin::multi);
  if (!denied) return true;
  std::string_view reason = "no permission to execute the command or subcommand";
  if (denied->reason == acl::Denial::Reason::key)
    reason = "no permission to touch the specified keys";
  if (denied->reason == acl::Denial::Reason::channel)
    reason = "no permission to access one of the channels used as arguments to the command";
  context_.error(fmt::format(
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
      "call. This command is no longer allowed for the following reason: {}",
      reason));
  return false;
}

}  // namespace duplex::commands
