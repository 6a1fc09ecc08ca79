// RT.PRESENCE, RT.PRESENCE.STATS and RT.CHANNELS: who is where.
#include "base/text.h"
#include "commands/command_context.h"
#include "realtime/channel_state.h"
#include "realtime/families.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

namespace {

using commands::Category;
using commands::ChannelUse;
using commands::CommandContext;
using commands::CommandSpec;
using commands::Flag;

void rt_presence(CommandContext& ctx) {
  std::size_t limit = std::numeric_limits<std::size_t>::max();
  if (ctx.argc() > 2) {
    if (ctx.argc() != 4 || !base::equals_ignoring_case(ctx.arg(2), "COUNT"))
      return ctx.error(commands::errors::syntax);
    const auto count = ctx.integer_arg(3);
    if (!count) return;
    if (*count < 0) return ctx.error(commands::errors::out_of_range);
    limit = static_cast<std::size_t>(*count);
  }
  ChannelState* state = ChannelState::of(ctx.services());
  const std::vector<Present> present =
      state == nullptr ? std::vector<Present>() : state->presence().list(ctx.arg(1), limit);
  ctx.reply().array(present.size());
  for (const Present& who : present) {
    ctx.reply().array(4);
    ctx.reply().bulk(who.client);
    ctx.reply().bulk(who.user);
    if (who.info.empty())
      ctx.reply().null();
    else
      ctx.reply().bulk(who.info);
    ctx.reply().integer(who.since_ms);
  }
}

void rt_presence_stats(CommandContext& ctx) {
  ChannelState* state = ChannelState::of(ctx.services());
  const Presence::Stats stats =
      state == nullptr ? Presence::Stats() : state->presence().stats(ctx.arg(1));
  ctx.reply().map(2);
  ctx.reply().bulk("clients");
  ctx.reply().integer(static_cast<std::int64_t>(stats.clients));
  ctx.reply().bulk("users");
  ctx.reply().integer(static_cast<std::int64_t>(stats.users));
}

void rt_channels(CommandContext& ctx) {
  if (ctx.argc() > 2) return ctx.error("ERR wrong number of arguments for 'rt.channels' command");
  const std::string_view glob = ctx.argc() == 2 ? ctx.arg(1) : std::string_view();
  pubsub::Hub& hub = ctx.services().hub;
  const std::vector<std::string> channels = hub.channels(pubsub::Kind::channel, glob);
  ctx.reply().map(channels.size());
  for (const std::string& channel : channels) {
    ctx.reply().bulk(channel);
    ctx.reply().integer(
        static_cast<std::int64_t>(hub.subscriber_count(pubsub::Kind::channel, channel)));
  }
}

constexpr Flag query_flags = Flag::pubsub | Flag::loading | Flag::stale;

constexpr CommandSpec specs[] = {
    {.name = "RT.CHANNELS",
     .arity = -1,
     .flags = query_flags,
     .categories = Category::pubsub | Category::slow,
     .handler = rt_channels,
     .group = "realtime",
     .syntax = "[pattern]",
     .summary = "Returns the channels that have subscribers, and how many.",
     .complexity = "O(N) where N is the number of active channels",
     .since = "0.1.0"},
    {.name = "RT.PRESENCE",
     .arity = -2,
     .flags = query_flags,
     .categories = Category::pubsub | Category::slow,
     .channels = ChannelUse::publish,
     .handler = rt_presence,
     .group = "realtime",
     .syntax = "channel [COUNT count]",
     .summary = "Returns the browsers' clients that are subscribed to a channel.",
     .complexity = "O(N) where N is the number of clients returned",
     .since = "0.1.0"},
    {.name = "RT.PRESENCE.STATS",
     .arity = 2,
     .flags = query_flags,
     .categories = Category::pubsub | Category::slow,
     .channels = ChannelUse::publish,
     .handler = rt_presence_stats,
     .group = "realtime",
     .syntax = "channel",
     .summary = "Counts the browsers' clients and users that are subscribed to a channel.",
     .complexity = "O(N) where N is the number of clients on the channel",
     .since = "0.1.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> presence_commands() {
  return specs;
}

}  // namespace duplex::realtime
