// CLIENT PAUSE, UNPAUSE and UNBLOCK: when others go on.
#include "commands/client_waits.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"

#include <cstdint>

namespace duplex::commands {

using base::equals_ignoring_case;

void client_pause(CommandContext& ctx) {
  const auto timeout_ms = base::parse_int64(ctx.arg(2));
  if (!timeout_ms) return ctx.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return ctx.error("ERR timeout is negative");
  bool all = true;
  if (ctx.argc() == 4) {
    all = equals_ignoring_case(ctx.arg(3), "ALL");
    if (!all && !equals_ignoring_case(ctx.arg(3), "WRITE"))
      return ctx.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  } else if (ctx.argc() > 4) {
    return ctx.unknown_subcommand();
  }
  Settings& settings = ctx.settings();
  // A pause that is already longer or stricter stays so.
  const std::int64_t until = ctx.now_ms() + *timeout_ms;
  if (settings.paused_until_ms.load(std::memory_order_relaxed) > ctx.now_ms())
    all = all || settings.pause_all.load(std::memory_order_relaxed);
  settings.pause_all.store(all, std::memory_order_relaxed);
  if (until > settings.paused_until_ms.load(std::memory_order_relaxed))
    settings.paused_until_ms.store(until, std::memory_order_relaxed);
  ctx.reply().ok();
}

void client_unpause(CommandContext& ctx) {
  ctx.settings().paused_until_ms.store(0, std::memory_order_relaxed);
  ctx.services().clients.for_each(
      [](const Client& client) { client.connection->request_resume(); });
  ctx.reply().ok();
}

void client_unblock(CommandContext& ctx) {
  bool with_error = false;
  if (ctx.argc() == 4) {
    with_error = equals_ignoring_case(ctx.arg(3), "error");
    if (!with_error && !equals_ignoring_case(ctx.arg(3), "timeout"))
      return ctx.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  } else if (ctx.argc() != 3) {
    return ctx.unknown_subcommand();
  }
  const auto id = ctx.integer_arg(2);
  if (!id) return;
  const auto client = static_cast<std::uint64_t>(*id);
  const bool ended = ctx.services().blocking.unblock(client, with_error);
  if (ended)
    ctx.services().clients.with(client, [](const Client& c) { c.connection->request_unblock(); });
  ctx.reply().integer(ended ? 1 : 0);
}

}  // namespace duplex::commands
