// RT.REPLY and RT.REPLYERR: programs answer what browsers asked.
#include "base/numbers.h"
#include "base/utf8.h"
#include "commands/command_context.h"
#include "realtime/families.h"
#include "realtime/json_text.h"
#include "realtime/replies.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace duplex::realtime {

namespace {

using commands::Category;
using commands::CommandContext;
using commands::CommandSpec;
using commands::Flag;

constexpr std::int64_t code_max = 4'999;

// Answers 1 if somebody was waiting for it, 0 if nobody does any more.
void publish_answer(CommandContext& ctx, Answer answer) {
  const std::size_t receivers = ctx.subscribers().publish(std::make_shared<const pubsub::Message>(
      pubsub::Kind::control, reply_channel(ctx.arg(1)), write_answer(answer)));
  ctx.reply().integer(static_cast<std::int64_t>(receivers));
}

void reply(CommandContext& ctx) {
  if (!is_json(ctx.arg(2))) return ctx.error("ERR the answer is not JSON");
  publish_answer(ctx, std::string(ctx.arg(2)));
}

void reply_with_error(CommandContext& ctx) {
  const auto code = ctx.integer_arg(2);
  if (!code) return;
  if (*code < 1 || *code > code_max) return ctx.error("ERR the code must be from 1 to 4999");
  if (!base::is_utf8(ctx.arg(3))) return ctx.error("ERR the message is not UTF-8");
  publish_answer(ctx,
                 std::unexpected(Refusal{.code = static_cast<unsigned>(*code),
                                         .message = std::string(ctx.arg(3))}));
}

constexpr Flag flags = Flag::pubsub | Flag::fast;
constexpr Category categories = Category::pubsub | Category::fast;

constexpr CommandSpec specs[] = {
    {.name = "RT.REPLY",
     .arity = 3,
     .flags = flags,
     .categories = categories,
     .handler = reply,
     .group = "pubsub",
     .syntax = "token json",
     .summary = "Answers what a browser asked by an event or a call that went to a stream.",
     .complexity = "O(1)",
     .since = "0.1.0"},
    {.name = "RT.REPLYERR",
     .arity = 4,
     .flags = flags,
     .categories = categories,
     .handler = reply_with_error,
     .group = "pubsub",
     .syntax = "token code message",
     .summary = "Answers what a browser asked with an error.",
     .complexity = "O(1)",
     .since = "0.1.0"},
};
static_assert(commands::well_formed(specs));

}  // namespace

std::span<const CommandSpec> reply_commands() {
  return specs;
}

}  // namespace duplex::realtime
