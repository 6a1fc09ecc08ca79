// RT.REVOKE, RT.DISCONNECT, RT.SUBSCRIBE and RT.UNSUBSCRIBE: programs decide about the connections
// of browsers.
#include "base/numbers.h"
#include "base/text.h"
#include "base/utf8.h"
#include "commands/command_context.h"
#include "realtime/control.h"
#include "realtime/families.h"
#include "realtime/revocations.h"
#include "store/entry.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::realtime {

namespace {

using commands::Category;
using commands::CommandContext;
using commands::CommandSpec;
using commands::Flag;

constexpr std::int64_t code_min = 3000;
constexpr std::int64_t code_max = 4999;
constexpr std::int64_t force_disconnect = 3503;
constexpr std::size_t reason_bytes_max = 120;  // a close frame has room for 123
constexpr std::int64_t date_max_s = 100'000'000'000;

// Tells sessions, and answers how many of them there are.
void tell(CommandContext& ctx, std::string_view channel, const Control& control) {
  const std::size_t receivers = ctx.subscribers().publish(std::make_shared<const pubsub::Message>(
      pubsub::Kind::control, channel, write_control(control)));
  ctx.reply().integer(static_cast<std::int64_t>(receivers));
}

// A time in seconds since 1970, or a number of seconds; answers the error itself.
std::optional<std::int64_t> seconds_arg(CommandContext& ctx, std::size_t index) {
  const auto seconds = ctx.integer_arg(index);
  if (!seconds || (*seconds > 0 && *seconds <= date_max_s)) return seconds;
  ctx.error("ERR the number of seconds is out of range");
  return std::nullopt;
}

struct Revocation {
  std::int64_t before_s = 0;
  std::int64_t expiry_ms = store::no_expiry;
};

// Reads [BEFORE seconds] [EX seconds]; answers the error itself.
bool read_options(CommandContext& ctx, bool is_user, Revocation& revocation) {
  for (std::size_t i = 3; i < ctx.argc(); i += 2) {
    const bool is_before = is_user && base::equals_ignoring_case(ctx.arg(i), "BEFORE");
    if (i + 1 == ctx.argc() || (!is_before && !base::equals_ignoring_case(ctx.arg(i), "EX"))) {
      ctx.error(commands::errors::syntax);
      return false;
    }
    const auto seconds = seconds_arg(ctx, i + 1);
    if (!seconds) return false;
    if (is_before)
      revocation.before_s = *seconds;
    else
      revocation.expiry_ms = ctx.now_ms() + *seconds * 1000;
  }
  return true;
}

// Keeps the revocation in its key, and in the log as what it is: a SET.
void keep(CommandContext& ctx, const Revocation& revocation, std::string_view name) {
  const store::HashedKey key(name);
  const std::string value = std::to_string(revocation.before_s);
  ctx.put(revocation_database,
          key,
          ctx.find(revocation_database, key),
          store::Entry::make_string(name, value, revocation.expiry_ms));
  ctx.changed(revocation_database, key, commands::Event::string, "set");
  const std::string_view text = ctx.keep(std::string(value));
  const std::string_view kept_name = ctx.keep(std::string(name));
  if (revocation.expiry_ms == store::no_expiry)
    return ctx.effect(revocation_database, {"SET", kept_name, text});
  ctx.effect(revocation_database,
             {"SET", kept_name, text, "PXAT", ctx.keep(std::to_string(revocation.expiry_ms))});
}

void revoke(CommandContext& ctx) {
  const bool is_user = base::equals_ignoring_case(ctx.arg(1), "USER");
  if (!is_user && !base::equals_ignoring_case(ctx.arg(1), "TOKEN"))
    return ctx.error(commands::errors::syntax);
  const std::string_view id = ctx.arg(2);
  if (id.empty()) return ctx.error("ERR the name is empty");
  Revocation revocation{.before_s = ctx.now_ms() / 1000};
  if (!read_options(ctx, is_user, revocation)) return;
  keep(ctx, revocation, is_user ? revocation_of_user(id) : revocation_of_token(id));
  // A single token is meant whenever it was issued.
  const std::int64_t before_s =
      is_user ? revocation.before_s : std::numeric_limits<std::int64_t>::max();
  tell(ctx,
       is_user ? control_of_user(id) : control_of_token(id),
       {.what = Control::What::revoke, .number = before_s});
}

void disconnect(CommandContext& ctx) {
  const bool is_user = base::equals_ignoring_case(ctx.arg(1), "USER");
  if (!is_user && !base::equals_ignoring_case(ctx.arg(1), "CLIENT"))
    return ctx.error(commands::errors::syntax);
  Control control{
      .what = Control::What::disconnect, .number = force_disconnect, .text = "force disconnect"};
  if (ctx.argc() > 5) return ctx.error(commands::errors::syntax);
  if (ctx.argc() > 3) {
    const auto code = ctx.integer_arg(3);
    if (!code) return;
    if (*code < code_min || *code > code_max)
      return ctx.error("ERR the code must be from 3000 to 4999");
    control.number = *code;
  }
  if (ctx.argc() > 4) control.text = ctx.arg(4);
  if (control.text.size() > reason_bytes_max || !base::is_utf8(control.text))
    return ctx.error("ERR the reason must be UTF-8 of at most 120 bytes");
  tell(ctx, is_user ? control_of_user(ctx.arg(2)) : control_of_client(ctx.arg(2)), control);
}

void tell_channel(CommandContext& ctx, Control::What what) {
  if (ctx.arg(2).empty()) return ctx.error("ERR the channel is empty");
  tell(ctx, control_of_user(ctx.arg(1)), {.what = what, .text = std::string(ctx.arg(2))});
}

void subscribe(CommandContext& ctx) {
  tell_channel(ctx, Control::What::subscribe);
}

void unsubscribe(CommandContext& ctx) {
  tell_channel(ctx, Control::What::unsubscribe);
}

constexpr Flag telling = Flag::pubsub | Flag::admin | Flag::fast;
constexpr Category categories =
    Category::pubsub | Category::admin | Category::dangerous | Category::fast;

constexpr CommandSpec specs[] = {
    {.name = "RT.DISCONNECT",
     .arity = -3,
     .flags = telling,
     .categories = categories,
     .handler = disconnect,
     .group = "pubsub",
     .syntax = "USER|CLIENT id [code [reason]]",
     .summary = "Ends the connections of a browser's user, or one connection.",
     .complexity = "O(N), where N is the number of connections.",
     .since = "0.1.0"},
    {.name = "RT.REVOKE",
     .arity = -3,
     .flags = Flag::pubsub | Flag::admin | Flag::write | Flag::denyoom | Flag::all_shards,
     .categories = Category::pubsub | Category::admin | Category::dangerous | Category::write |
                   Category::slow,
     .handler = revoke,
     .group = "pubsub",
     .syntax = "<USER id [BEFORE seconds]|TOKEN jti> [EX seconds]",
     .summary = "Refuses tokens from now on, and ends the connections that came with them.",
     .complexity = "O(N), where N is the number of connections.",
     .since = "0.1.0"},
    {.name = "RT.SUBSCRIBE",
     .arity = 3,
     .flags = telling,
     .categories = categories,
     .handler = subscribe,
     .group = "pubsub",
     .syntax = "user channel",
     .summary = "Subscribes the connections of a browser's user to a channel.",
     .complexity = "O(N), where N is the number of connections.",
     .since = "0.1.0"},
    {.name = "RT.UNSUBSCRIBE",
     .arity = 3,
     .flags = telling,
     .categories = categories,
     .handler = unsubscribe,
     .group = "pubsub",
     .syntax = "user channel",
     .summary = "Ends the subscriptions of a browser's user to a channel.",
     .complexity = "O(N), where N is the number of connections.",
     .since = "0.1.0"},
};
static_assert(commands::well_formed(specs));

}  // namespace

std::span<const CommandSpec> control_commands() {
  return specs;
}

}  // namespace duplex::realtime
