// CLIENT REPLY, NO-EVICT, NO-TOUCH, CAPA and IMPORT-SOURCE: how a connection wants to be treated.
#include "commands/client_modes.h"

#include "base/text.h"
#include "commands/command_context.h"

#include <atomic>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

void change_switch(CommandContext& ctx, std::atomic<bool>& value) {
  const bool on = equals_ignoring_case(ctx.arg(2), "ON");
  if (!on && !equals_ignoring_case(ctx.arg(2), "OFF")) return ctx.error(errors::syntax);
  value.store(on, std::memory_order_relaxed);
  ctx.reply().ok();
}

}  // namespace

void client_reply(CommandContext& ctx) {
  Client& client = ctx.client();
  if (equals_ignoring_case(ctx.arg(2), "ON")) {
    client.reply_mode = ReplyMode::on;
    ctx.reply().ok();
  } else if (equals_ignoring_case(ctx.arg(2), "OFF")) {
    client.reply_mode = ReplyMode::off;
  } else if (equals_ignoring_case(ctx.arg(2), "SKIP")) {
    if (client.reply_mode != ReplyMode::off) client.reply_mode = ReplyMode::skip_next;
  } else {
    ctx.error(errors::syntax);
  }
}

void client_no_evict(CommandContext& ctx) {
  change_switch(ctx, ctx.client().no_evict);
}
void client_no_touch(CommandContext& ctx) {
  change_switch(ctx, ctx.client().no_touch);
}

// There is no other server to be redirected to, so no capability changes anything.
void client_capa(CommandContext& ctx) {
  ctx.reply().ok();
}

void client_import_source(CommandContext& ctx) {
  if (!ctx.settings().import_mode.load(std::memory_order_relaxed) &&
      !equals_ignoring_case(ctx.arg(2), "OFF"))
    return ctx.error("ERR Server is not in import mode");
  change_switch(ctx, ctx.client().is_import_source);
}

}  // namespace duplex::commands
