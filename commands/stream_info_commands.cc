// What streams say about themselves: XINFO.
#include "base/text.h"
#include "commands/families.h"
#include "commands/stream_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::commands {

namespace {

using resp::ReplyWriter;
using store::StreamConsumer;
using store::StreamData;
using store::StreamEntry;
using store::StreamGroup;
using store::StreamId;

constexpr std::int64_t full_count_default = 10;

// The stream of the command's key; answers the error itself.
StreamData* read_stream(CommandContext& ctx) {
  store::Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), store::ValueType::stream, entry)) return nullptr;
  if (entry != nullptr) return &*store::Stream(*entry);
  ctx.error(errors::no_such_key);
  return nullptr;
}

void count_field(ReplyWriter& reply, std::string_view name, std::uint64_t count) {
  reply.bulk(name);
  reply.integer(static_cast<std::int64_t>(count));
}

void id_field(ReplyWriter& reply, std::string_view name, const StreamId& id) {
  reply.bulk(name);
  reply_stream_id(reply, id);
}

// The seven fields with which both forms begin. The nodes stand in for Redis's tree.
void reply_head(ReplyWriter& reply, const StreamData& stream) {
  count_field(reply, "length", stream.size());
  count_field(reply, "radix-tree-keys", stream.nodes().size());
  count_field(reply, "radix-tree-nodes", stream.nodes().size() + 1);
  id_field(reply, "last-generated-id", stream.last_id);
  id_field(reply, "max-deleted-entry-id", stream.max_deleted_id);
  count_field(reply, "entries-added", stream.entries_added);
  id_field(reply, "recorded-first-entry-id", stream.first_id());
}

void edge_field(ReplyWriter& reply, std::string_view name, const StreamData& stream, bool last) {
  reply.bulk(name);
  bool found = false;
  stream.visit({}, last, [&](const StreamEntry& entry) {
    reply_stream_entry(reply, entry);
    found = true;
    return false;
  });
  if (!found) reply.null();
}

void progress_fields(ReplyWriter& reply, const StreamData& stream, const StreamGroup& group) {
  reply.bulk("entries-read");
  if (group.entries_read == StreamGroup::unknown)
    reply.null();
  else
    reply.integer(group.entries_read);
  reply.bulk("lag");
  if (const auto lag = stream.lag(group))
    reply.integer(*lag);
  else
    reply.null();
}

// How many of `size` to show; 0 shows all.
std::size_t shown_of(std::size_t size, std::int64_t count) {
  return count == 0 ? size : std::min(size, static_cast<std::size_t>(count));
}

void reply_consumer(ReplyWriter& reply,
                    StreamGroup& group,
                    const StreamConsumer& consumer,
                    std::int64_t count) {
  reply.map(5);
  reply.bulk("name");
  reply.bulk(consumer.name);
  reply.bulk("seen-time");
  reply.integer(consumer.seen_ms);
  reply.bulk("active-time");
  reply.integer(consumer.active_ms);
  count_field(reply, "pel-count", consumer.pending.size());
  reply.bulk("pending");
  std::size_t left = shown_of(consumer.pending.size(), count);
  reply.array(left);
  for (auto at = consumer.pending.begin(); left > 0; ++at, --left) {
    const store::PendingEntry& entry = *group.find_pending(*at);
    reply.array(3);
    reply_stream_id(reply, *at);
    reply.integer(entry.delivered_ms);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
  }
}

void reply_group(ReplyWriter& reply,
                 const StreamData& stream,
                 std::string_view name,
                 StreamGroup& group,
                 std::int64_t count) {
  reply.map(7);
  reply.bulk("name");
  reply.bulk(name);
  id_field(reply, "last-delivered-id", group.last_id);
  progress_fields(reply, stream, group);
  count_field(reply, "pel-count", group.pending().size());
  reply.bulk("pending");
  std::size_t left = shown_of(group.pending().size(), count);
  reply.array(left);
  for (auto at = group.pending().begin(); left > 0; ++at, --left) {
    reply.array(4);
    reply_stream_id(reply, at->id);
    reply.bulk(at->consumer->name);
    reply.integer(at->delivered_ms);
    reply.integer(static_cast<std::int64_t>(at->deliveries));
  }
  reply.bulk("consumers");
  reply.array(group.consumers().size());
  for (const auto& [consumer_name, consumer] : group.consumers())
    reply_consumer(reply, group, consumer, count);
}

void reply_full(CommandContext& ctx, StreamData& stream, std::int64_t count) {
  ReplyWriter& reply = ctx.reply();
  reply.map(9);
  reply_head(reply, stream);
  reply.bulk("entries");
  std::size_t left = shown_of(stream.size(), count);
  reply.array(left);
  if (left > 0) {
    stream.visit({}, false, [&](const StreamEntry& entry) {
      reply_stream_entry(reply, entry);
      return --left > 0;
    });
  }
  reply.bulk("groups");
  reply.array(stream.groups.size());
  for (auto& [name, group] : stream.groups) {
    group.note_seen(ctx.now_ms());
    reply_group(reply, stream, name, group, count);
  }
}

void xinfo_stream(CommandContext& ctx) {
  StreamData* stream = read_stream(ctx);
  if (stream == nullptr) return;
  if (ctx.argc() > 3) {
    const bool has_count = ctx.argc() == 6;
    if ((ctx.argc() != 4 && !has_count) || !base::equals_ignoring_case(ctx.arg(3), "FULL") ||
        (has_count && !base::equals_ignoring_case(ctx.arg(4), "COUNT")))
      return ctx.unknown_subcommand();
    std::int64_t count = full_count_default;
    if (has_count) {
      const auto wanted = ctx.integer_arg(5);
      if (!wanted) return;
      if (*wanted >= 0) count = *wanted;
    }
    return reply_full(ctx, *stream, count);
  }
  ReplyWriter& reply = ctx.reply();
  reply.map(10);
  reply_head(reply, *stream);
  count_field(reply, "groups", stream->groups.size());
  edge_field(reply, "first-entry", *stream, false);
  edge_field(reply, "last-entry", *stream, true);
}

void xinfo_groups(CommandContext& ctx) {
  StreamData* stream = read_stream(ctx);
  if (stream == nullptr) return;
  ReplyWriter& reply = ctx.reply();
  reply.array(stream->groups.size());
  for (const auto& [name, group] : stream->groups) {
    reply.map(6);
    reply.bulk("name");
    reply.bulk(name);
    count_field(reply, "consumers", group.consumers().size());
    count_field(reply, "pending", group.pending().size());
    id_field(reply, "last-delivered-id", group.last_id);
    progress_fields(reply, *stream, group);
  }
}

void xinfo_consumers(CommandContext& ctx) {
  StreamData* stream = read_stream(ctx);
  if (stream == nullptr) return;
  StreamGroup* group = find_group(*stream, ctx.arg(3));
  if (group == nullptr)
    return ctx.error(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'",
                                 errors::shown(ctx.arg(3), std::string_view::npos),
                                 errors::shown(ctx.arg(2), std::string_view::npos)));
  group->note_seen(ctx.now_ms());
  ReplyWriter& reply = ctx.reply();
  reply.array(group->consumers().size());
  for (const auto& [name, consumer] : group->consumers()) {
    const bool was_active = consumer.active_ms != StreamConsumer::never;
    reply.map(4);
    reply.bulk("name");
    reply.bulk(name);
    count_field(reply, "pending", consumer.pending.size());
    reply.bulk("idle");
    reply.integer(std::max<std::int64_t>(ctx.now_ms() - consumer.seen_ms, 0));
    reply.bulk("inactive");
    reply.integer(was_active ? std::max<std::int64_t>(ctx.now_ms() - consumer.active_ms, 0)
                             : StreamConsumer::never);
  }
}

void xinfo_help(CommandContext& ctx) {
  ctx.help({
      "CONSUMERS <key> <groupname>",
      "    Show consumers of <groupname>.",
      "GROUPS <key>",
      "    Show the stream consumer groups.",
      "STREAM <key> [FULL [COUNT <count>]",
      "    Show information about the stream.",
  });
}

constexpr CommandSpec subcommands[] = {
    {.name = "CONSUMERS",
     .arity = 4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(2, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xinfo_consumers,
     .group = "stream",
     .syntax = "key group",
     .summary = "Lists the consumers of a group.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "7.2.0: Added the `inactive` field, and changed the meaning of `idle`.",
     .tips = "nondeterministic_output"},
    {.name = "GROUPS",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(2, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xinfo_groups,
     .group = "stream",
     .syntax = "key",
     .summary = "Lists the groups of a stream.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "7.0.0: Added the `entries-read` and `lag` fields"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow | Category::stream,
     .handler = xinfo_help,
     .group = "stream",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "STREAM",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(2, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xinfo_stream,
     .group = "stream",
     .syntax = "key [FULL [COUNT count]]",
     .summary = "Describes a stream.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "6.0.0: Added the `FULL` modifier. // 7.0.0: Added the `max-deleted-entry-id`, "
                "`entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields // "
                "7.2.0: Added the `active-time` field, and changed the meaning of `seen-time`."},
};
static_assert(well_formed(subcommands));

constexpr CommandSpec specs[] = {
    {.name = "XINFO",
     .arity = -2,
     .categories = Category::slow,
     .group = "stream",
     .summary = "Container of the commands that describe streams.",
     .complexity = "Depends on the subcommand.",
     .since = "5.0.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_info_commands() {
  return specs;
}

}  // namespace duplex::commands
