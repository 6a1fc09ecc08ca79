// Commands for what is kept on the disk: SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"

namespace duplex::commands {

namespace {

void answer(CommandContext& ctx, const PersistenceControl::Answer& answer) {
  if (answer.is_error) return ctx.error(answer.text);
  ctx.reply().status(answer.text);
}

void save(CommandContext& ctx) {
  if (const auto refusal = ctx.services().persistence.save()) return ctx.error(*refusal);
  ctx.reply().ok();
}

void bgsave(CommandContext& ctx) {
  bool schedules = false;
  if (ctx.argc() > 1) {
    if (ctx.argc() == 2 && base::equals_ignoring_case(ctx.arg(1), "schedule"))
      schedules = true;
    else if (ctx.argc() == 2 && base::equals_ignoring_case(ctx.arg(1), "cancel"))
      return answer(ctx, ctx.services().persistence.cancel_save());
    else
      return ctx.error(errors::syntax);
  }
  answer(ctx, ctx.services().persistence.begin_save(schedules, ctx.in_transaction()));
}

void lastsave(CommandContext& ctx) {
  ctx.reply().integer(ctx.services().persistence.last_save_s());
}

void bgrewriteaof(CommandContext& ctx) {
  answer(ctx, ctx.services().persistence.begin_rewrite(ctx.in_transaction()));
}

constexpr CommandSpec specs[] = {
    {.name = "BGREWRITEAOF",
     .arity = 1,
     .flags = Flag::admin | Flag::noscript | Flag::no_async_loading,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = bgrewriteaof,
     .group = "server",
     .summary = "Gives the log a new base in the background.",
     .complexity = "O(1), and O(N) for N keys in the background.",
     .since = "1.0.0"},
    {.name = "BGSAVE",
     .arity = -1,
     .flags = Flag::admin | Flag::noscript | Flag::no_async_loading,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = bgsave,
     .group = "server",
     .syntax = "[SCHEDULE|CANCEL]",
     .summary = "Writes a snapshot in the background.",
     .complexity = "O(1), and O(N) for N keys in the background.",
     .since = "1.0.0",
     .history = "3.2.2: Added the `SCHEDULE` option. // 8.1.0: Added the `CANCEL` option."},
    {.name = "LASTSAVE",
     .arity = 1,
     .flags = Flag::loading | Flag::stale | Flag::fast,
     .categories = Category::admin | Category::dangerous | Category::fast,
     .handler = lastsave,
     .group = "server",
     .summary = "Tells when the last snapshot was complete.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "SAVE",
     .arity = 1,
     .flags = Flag::admin | Flag::noscript | Flag::no_async_loading | Flag::no_multi,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = save,
     .group = "server",
     .summary = "Writes a snapshot and waits for it.",
     .complexity = "O(N) for N keys.",
     .since = "1.0.0"},
};

}  // namespace

std::span<const CommandSpec> persistence_commands() {
  return specs;
}

}  // namespace duplex::commands
