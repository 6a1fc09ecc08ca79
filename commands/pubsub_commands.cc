// SUBSCRIBE and its kin, PUBLISH, SPUBLISH and PUBSUB.
#include "commands/channel_history.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/subscriptions.h"

#include <memory>
#include <set>
#include <string>

namespace duplex::commands {

namespace {

using pubsub::Kind;
using Names = std::set<std::string, std::less<>>;

Names& names_of(Client& client, Kind kind) {
  switch (kind) {
    case Kind::channel:
      return client.channels;
    case Kind::pattern:
      return client.patterns;
    default:
      break;
  }
  return client.shard_channels;
}

// What the replies count: shard channels by themselves, channels and patterns together.
std::size_t subscription_count(const Client& client, Kind kind) {
  if (kind == Kind::shard) return client.shard_channels.size();
  return client.channels.size() + client.patterns.size();
}

void answer(CommandContext& ctx, std::string_view verb, const std::string_view* name, Kind kind) {
  ctx.reply().push(3);
  ctx.reply().bulk(verb);
  if (name != nullptr)
    ctx.reply().bulk(*name);
  else
    ctx.reply().null();
  ctx.reply().integer(static_cast<std::int64_t>(subscription_count(ctx.client(), kind)));
}

void subscribe_to(CommandContext& ctx, std::string_view verb, Kind kind) {
  Client& client = ctx.client();
  if (client.subscriber == nullptr)
    return ctx.error("ERR subscriptions are not available on this connection");
  Names& names = names_of(client, kind);
  for (const std::string_view& name : ctx.args().subspan(1)) {
    if (names.emplace(name).second) ctx.subscribers().subscribe(*client.subscriber, kind, name);
    answer(ctx, verb, &name, kind);
  }
  note_subscription_counts(client);
}

void drop(CommandContext& ctx, Names& names, Names::iterator at, Kind kind) {
  ctx.subscribers().unsubscribe(*ctx.client().subscriber, kind, *at);
  names.erase(at);
}

void unsubscribe_from(CommandContext& ctx, std::string_view verb, Kind kind) {
  Client& client = ctx.client();
  Names& names = names_of(client, kind);
  if (ctx.argc() > 1) {
    for (const std::string_view& name : ctx.args().subspan(1)) {
      if (const auto at = names.find(name); at != names.end()) drop(ctx, names, at, kind);
      answer(ctx, verb, &name, kind);
    }
  } else if (names.empty()) {
    answer(ctx, verb, nullptr, kind);
  } else {
    while (!names.empty()) {
      const std::string name = *names.begin();
      drop(ctx, names, names.begin(), kind);
      const std::string_view view = name;
      answer(ctx, verb, &view, kind);
    }
  }
  note_subscription_counts(client);
}

void subscribe(CommandContext& ctx) {
  subscribe_to(ctx, "subscribe", Kind::channel);
}
void psubscribe(CommandContext& ctx) {
  subscribe_to(ctx, "psubscribe", Kind::pattern);
}
void ssubscribe(CommandContext& ctx) {
  subscribe_to(ctx, "ssubscribe", Kind::shard);
}
void unsubscribe(CommandContext& ctx) {
  unsubscribe_from(ctx, "unsubscribe", Kind::channel);
}
void punsubscribe(CommandContext& ctx) {
  unsubscribe_from(ctx, "punsubscribe", Kind::pattern);
}
void sunsubscribe(CommandContext& ctx) {
  unsubscribe_from(ctx, "sunsubscribe", Kind::shard);
}

void publish(CommandContext& ctx) {
  const auto published = publish_on(ctx, ctx.arg(1), {.data = ctx.arg(2)});
  if (published) ctx.reply().integer(static_cast<std::int64_t>(published->receivers));
}

void spublish(CommandContext& ctx) {
  const std::size_t receivers = ctx.publish(Kind::shard, ctx.arg(1), ctx.arg(2), {});
  ctx.statistics().messages_published.add(1);
  ctx.reply().integer(static_cast<std::int64_t>(receivers));
}

void list_channels(CommandContext& ctx, Kind kind) {
  if (ctx.argc() > 3) return ctx.unknown_subcommand();
  const std::string_view glob = ctx.argc() == 3 ? ctx.arg(2) : std::string_view();
  const std::vector<std::string> channels = ctx.services().hub.channels(kind, glob);
  ctx.reply().array(channels.size());
  for (const std::string& channel : channels)
    ctx.reply().bulk(channel);
}

void count_subscribers(CommandContext& ctx, Kind kind) {
  const Args channels = ctx.args().subspan(2);
  ctx.reply().array(channels.size() * 2);
  for (const std::string_view channel : channels) {
    ctx.reply().bulk(channel);
    ctx.reply().integer(
        static_cast<std::int64_t>(ctx.services().hub.subscriber_count(kind, channel)));
  }
}

void pubsub_channels(CommandContext& ctx) {
  list_channels(ctx, Kind::channel);
}
void pubsub_shardchannels(CommandContext& ctx) {
  list_channels(ctx, Kind::shard);
}
void pubsub_numsub(CommandContext& ctx) {
  count_subscribers(ctx, Kind::channel);
}
void pubsub_shardnumsub(CommandContext& ctx) {
  count_subscribers(ctx, Kind::shard);
}
void pubsub_numpat(CommandContext& ctx) {
  ctx.reply().integer(static_cast<std::int64_t>(ctx.services().hub.pattern_count()));
}

void pubsub_help(CommandContext& ctx) {
  ctx.help(
      {"CHANNELS [<pattern>]",
       "    Return the currently active channels matching a <pattern> (default: '*').",
       "NUMPAT",
       "    Return number of subscriptions to patterns.",
       "NUMSUB [<channel> ...]",
       "    Return the number of subscribers for the specified channels, excluding",
       "    pattern subscriptions(default: no channels).",
       "SHARDCHANNELS [<pattern>]",
       "    Return the currently active shard level channels matching a <pattern> (default: '*').",
       "SHARDNUMSUB [<shardchannel> ...]",
       "    Return the number of subscribers for the specified shard level channel(s)"});
}

constexpr Flag query_flags = Flag::pubsub | Flag::loading | Flag::stale;
constexpr Flag publish_flags = query_flags | Flag::fast | Flag::may_replicate;
constexpr Flag subscribe_flags = query_flags | Flag::noscript | Flag::subscriber;
constexpr Category slow_pubsub = Category::pubsub | Category::slow;
constexpr Category fast_pubsub = Category::pubsub | Category::fast;

constexpr CommandSpec pubsub_subcommands[] = {
    {.name = "CHANNELS",
     .arity = -2,
     .flags = query_flags,
     .categories = slow_pubsub,
     .handler = pubsub_channels,
     .group = "pubsub",
     .syntax = "[pattern]",
     .summary = "Returns the active channels.",
     .complexity = "O(N) where N is the number of active channels",
     .since = "2.8.0"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = pubsub_help,
     .group = "pubsub",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "NUMPAT",
     .arity = 2,
     .flags = query_flags,
     .categories = slow_pubsub,
     .handler = pubsub_numpat,
     .group = "pubsub",
     .summary = "Returns a count of unique pattern subscriptions.",
     .complexity = "O(1)",
     .since = "2.8.0"},
    {.name = "NUMSUB",
     .arity = -2,
     .flags = query_flags,
     .categories = slow_pubsub,
     .handler = pubsub_numsub,
     .group = "pubsub",
     .syntax = "[channel [channel ...]]",
     .summary = "Returns a count of subscribers to channels.",
     .complexity = "O(N) for N requested channels",
     .since = "2.8.0"},
    {.name = "SHARDCHANNELS",
     .arity = -2,
     .flags = query_flags,
     .categories = slow_pubsub,
     .handler = pubsub_shardchannels,
     .group = "pubsub",
     .syntax = "[pattern]",
     .summary = "Returns the active shard channels.",
     .complexity = "O(N) where N is the number of active shard channels",
     .since = "7.0.0"},
    {.name = "SHARDNUMSUB",
     .arity = -2,
     .flags = query_flags,
     .categories = slow_pubsub,
     .handler = pubsub_shardnumsub,
     .group = "pubsub",
     .syntax = "[shardchannel [shardchannel ...]]",
     .summary = "Returns the count of subscribers of shard channels.",
     .complexity = "O(N) for N requested shard channels",
     .since = "7.0.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "PSUBSCRIBE",
     .arity = -2,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .channels = ChannelUse::subscribe_patterns,
     .handler = psubscribe,
     .group = "pubsub",
     .syntax = "pattern [pattern ...]",
     .summary = "Listens for messages published to channels that match one or more patterns.",
     .complexity = "O(N) where N is the number of patterns to subscribe to.",
     .since = "2.0.0"},
    {.name = "PUBLISH",
     .arity = 3,
     .flags = publish_flags | Flag::uses_history,
     .categories = fast_pubsub,
     .channels = ChannelUse::publish,
     .handler = publish,
     .group = "pubsub",
     .syntax = "channel message",
     .summary = "Posts a message to a channel.",
     .complexity = "O(N+M) where N is the number of subscribers of the channel and M the number of "
                   "subscribed patterns",
     .since = "2.0.0"},
    {.name = "PUBSUB",
     .arity = -2,
     .categories = Category::slow,
     .group = "pubsub",
     .summary = "A container for Pub/Sub commands.",
     .complexity = "Depends on subcommand.",
     .since = "2.8.0",
     .subcommands = pubsub_subcommands},
    {.name = "PUNSUBSCRIBE",
     .arity = -1,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .handler = punsubscribe,
     .group = "pubsub",
     .syntax = "[pattern [pattern ...]]",
     .summary =
         "Stops listening to messages published to channels that match one or more patterns.",
     .complexity = "O(N) where N is the number of patterns to unsubscribe.",
     .since = "2.0.0"},
    {.name = "SPUBLISH",
     .arity = 3,
     .flags = publish_flags,
     .categories = fast_pubsub,
     .keys = keys(range(1, 0, 1, KeyFlag::not_key)),
     .channels = ChannelUse::publish,
     .handler = spublish,
     .group = "pubsub",
     .syntax = "shardchannel message",
     .summary = "Posts a message to a shard channel.",
     .complexity = "O(N) where N is the number of subscribers of the shard channel",
     .since = "7.0.0"},
    {.name = "SSUBSCRIBE",
     .arity = -2,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .keys = keys(range(1, -1, 1, KeyFlag::not_key)),
     .channels = ChannelUse::subscribe,
     .handler = ssubscribe,
     .group = "pubsub",
     .syntax = "shardchannel [shardchannel ...]",
     .summary = "Listens for messages published to shard channels.",
     .complexity = "O(N) where N is the number of shard channels to subscribe to.",
     .since = "7.0.0"},
    {.name = "SUBSCRIBE",
     .arity = -2,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .channels = ChannelUse::subscribe,
     .handler = subscribe,
     .group = "pubsub",
     .syntax = "channel [channel ...]",
     .summary = "Listens for messages published to channels.",
     .complexity = "O(N) where N is the number of channels to subscribe to.",
     .since = "2.0.0"},
    {.name = "SUNSUBSCRIBE",
     .arity = -1,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .keys = keys(range(1, -1, 1, KeyFlag::not_key)),
     .handler = sunsubscribe,
     .group = "pubsub",
     .syntax = "[shardchannel [shardchannel ...]]",
     .summary = "Stops listening to messages posted to shard channels.",
     .complexity = "O(N) where N is the number of shard channels to unsubscribe.",
     .since = "7.0.0"},
    {.name = "UNSUBSCRIBE",
     .arity = -1,
     .flags = subscribe_flags,
     .categories = slow_pubsub,
     .handler = unsubscribe,
     .group = "pubsub",
     .syntax = "[channel [channel ...]]",
     .summary = "Stops listening to messages posted to channels.",
     .complexity = "O(N) where N is the number of channels to unsubscribe.",
     .since = "2.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> pubsub_commands() {
  return specs;
}

}  // namespace duplex::commands
