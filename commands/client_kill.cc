// CLIENT KILL.
#include "commands/client_kill.h"

#include "commands/client_filter.h"
#include "commands/command_context.h"

#include <cstdint>

namespace duplex::commands {

void client_kill(CommandContext& ctx) {
  ClientFilter filter;
  const bool old_form = ctx.argc() == 3;
  if (old_form) {
    filter.address = ctx.arg(2);
  } else {
    filter.skip_me = true;
    if (!read_client_filter(ctx, 2, "ERR client-id should be greater than 0", filter)) return;
  }
  std::int64_t killed = 0;
  bool self = false;
  ctx.services().clients.for_each([&](const Client& client) {
    if (!filter.fits(client, ctx.client().id, ctx.now_ms())) return;
    const bool is_self = &client == &ctx.client();
    ++killed;
    if (is_self)
      self = true;
    else
      client.connection->request_close();
  });
  if (!old_form)
    ctx.reply().integer(killed);
  else if (killed == 0)
    ctx.error("ERR No such client");
  else
    ctx.reply().ok();
  if (self) ctx.client().connection->close_after_reply();
}

}  // namespace duplex::commands
