// Groups of consumers: XGROUP and XACK.
#include "base/text.h"
#include "commands/families.h"
#include "commands/stream_values.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::HashedKey;
using store::Stream;
using store::StreamData;
using store::StreamGroup;
using store::StreamId;
using store::Table;

struct GroupOptions {
  bool makes_stream = false;
  std::int64_t entries_read = StreamGroup::unknown;
};

// The options behind the id. Answers the error itself.
bool parse(CommandContext& ctx, bool may_make_stream, GroupOptions& options) {
  const std::size_t args_max = may_make_stream ? 8 : 7;
  for (std::size_t i = 5; i < ctx.argc(); ++i) {
    if (may_make_stream && base::equals_ignoring_case(ctx.arg(i), "MKSTREAM")) {
      options.makes_stream = true;
    } else if (i + 1 < ctx.argc() && base::equals_ignoring_case(ctx.arg(i), "ENTRIESREAD")) {
      const auto read = ctx.integer_arg(++i);
      if (!read) return false;
      options.entries_read = *read;
      if (*read >= StreamGroup::unknown) continue;
      ctx.error("ERR value for ENTRIESREAD must be positive or -1");
      return false;
    } else {
      ctx.unknown_subcommand();
      return false;
    }
  }
  if (ctx.argc() <= args_max) return true;
  ctx.unknown_subcommand();
  return false;
}

// The stream that XGROUP speaks of; answers WRONGTYPE, or that there is none unless it may be made.
bool find_stream(CommandContext& ctx, bool may_be_made, Table::Position& at) {
  if (!ctx.find_type(ctx.key(), store::ValueType::stream, at)) return false;
  if (at || may_be_made) return true;
  ctx.error(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to "
      "use the MKSTREAM option to create an empty stream automatically.");
  return false;
}

// A group that has to exist; answers the error itself.
StreamGroup* find_group(CommandContext& ctx, Table::Position& at) {
  if (!find_stream(ctx, false, at)) return nullptr;
  StreamGroup* group = commands::find_group(*Stream(*at.entry()), ctx.arg(3));
  if (group != nullptr) return group;
  ctx.error(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'",
                        errors::shown(ctx.arg(3), std::string_view::npos),
                        errors::shown(ctx.arg(2), std::string_view::npos)));
  return nullptr;
}

// "$" or an id; answers the error itself.
std::optional<StreamId> group_id_arg(CommandContext& ctx, const Table::Position& at) {
  if (ctx.arg(4) != "$") return stream_id_arg(ctx, ctx.arg(4));
  return at ? Stream(*at.entry())->last_id : StreamId{};
}

void xgroup_create(CommandContext& ctx) {
  GroupOptions options;
  if (!parse(ctx, true, options)) return;
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!find_stream(ctx, options.makes_stream, at)) return;
  const auto id = group_id_arg(ctx, at);
  if (!id) return;
  const bool is_new_key = !at;
  if (is_new_key) at = ctx.put(key, at, Stream::make(key.key, store::no_expiry));
  const auto [place, is_new] =
      Stream(*at.entry())->groups.try_emplace(std::string(ctx.arg(3)), *id, options.entries_read);
  if (!is_new) return ctx.error("BUSYGROUP Consumer Group name already exists");
  if (is_new_key)
    ctx.changed(key, Event::stream, "xgroup-create");
  else
    ctx.changed_unwatched(key, Event::stream, "xgroup-create");
  ctx.reply().ok();
}

void xgroup_setid(CommandContext& ctx) {
  GroupOptions options;
  if (!parse(ctx, false, options)) return;
  Table::Position at;
  StreamGroup* group = find_group(ctx, at);
  if (group == nullptr) return;
  const auto id = group_id_arg(ctx, at);
  if (!id) return;
  group->last_id = *id;
  group->entries_read = options.entries_read;
  ctx.changed_unwatched(ctx.key(), Event::stream, "xgroup-setid");
  ctx.reply().ok();
}

void xgroup_destroy(CommandContext& ctx) {
  Table::Position at;
  if (!find_stream(ctx, false, at)) return;
  StreamData& stream = *Stream(*at.entry());
  const auto found = stream.groups.find(ctx.arg(3));
  if (found == stream.groups.end()) return ctx.reply().integer(0);
  stream.groups.erase(found);
  ctx.changed_unwatched(ctx.key(), Event::stream, "xgroup-destroy");
  ctx.reply().integer(1);
}

void xgroup_createconsumer(CommandContext& ctx) {
  Table::Position at;
  StreamGroup* group = find_group(ctx, at);
  if (group == nullptr) return;
  if (group->find_consumer(ctx.arg(4)) != nullptr) return ctx.reply().integer(0);
  group->add_consumer(ctx.arg(4), ctx.now_ms());
  ctx.changed_unwatched(ctx.key(), Event::stream, "xgroup-createconsumer");
  ctx.reply().integer(1);
}

void xgroup_delconsumer(CommandContext& ctx) {
  Table::Position at;
  StreamGroup* group = find_group(ctx, at);
  if (group == nullptr) return;
  if (group->find_consumer(ctx.arg(4)) == nullptr) return ctx.reply().integer(0);
  const std::size_t pending = group->erase_consumer(ctx.arg(4));
  ctx.changed_unwatched(ctx.key(), Event::stream, "xgroup-delconsumer");
  ctx.reply().integer(static_cast<std::int64_t>(pending));
}

void xgroup_help(CommandContext& ctx) {
  ctx.help({
      "CREATE <key> <groupname> <id|$> [option]",
      "    Create a new consumer group. Options are:",
      "    * MKSTREAM",
      "      Create the empty stream if it does not exist.",
      "    * ENTRIESREAD entries_read",
      "      Set the group's entries_read counter (internal use).",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    Create a new consumer in the specified group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    Remove the specified consumer.",
      "DESTROY <key> <groupname>",
      "    Remove the specified group.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
      "    Set the current group ID and entries_read counter.",
  });
}

void xack(CommandContext& ctx) {
  Table::Position at;
  if (!ctx.find_type(ctx.key(), store::ValueType::stream, at)) return;
  StreamGroup* group = at ? commands::find_group(*Stream(*at.entry()), ctx.arg(2)) : nullptr;
  if (group == nullptr) return ctx.reply().integer(0);
  std::vector<StreamId> ids;
  for (const std::string_view text : ctx.args().subspan(3)) {
    const auto id = stream_id_arg(ctx, text);
    if (!id) return;
    ids.push_back(*id);
  }
  std::int64_t acknowledged = 0;
  for (const StreamId& id : ids)
    if (group->acknowledge(id)) ++acknowledged;
  if (acknowledged > 0) ctx.changed_unwatched(ctx.key(), Event{}, {});
  ctx.count_changes(static_cast<std::uint64_t>(acknowledged));
  ctx.reply().integer(acknowledged);
}

constexpr CommandSpec subcommands[] = {
    {.name = "CREATE",
     .arity = -5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = xgroup_create,
     .group = "stream",
     .syntax = "key group <id|$> [MKSTREAM] [ENTRIESREAD entriesread]",
     .summary = "Creates a group of consumers.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "7.0.0: Added the `entries_read` named argument."},
    {.name = "CREATECONSUMER",
     .arity = 5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = xgroup_createconsumer,
     .group = "stream",
     .syntax = "key group consumer",
     .summary = "Creates a consumer in a group.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "DELCONSUMER",
     .arity = 5,
     .flags = Flag::write,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = xgroup_delconsumer,
     .group = "stream",
     .syntax = "key group consumer",
     .summary = "Removes a consumer, and what it has pending, from a group.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "DESTROY",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = xgroup_destroy,
     .group = "stream",
     .syntax = "key group",
     .summary = "Removes a group.",
     .complexity = "O(N) where N is the number of entries in the group's pending entries list "
                   "(PEL).",
     .since = "5.0.0"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow | Category::stream,
     .handler = xgroup_help,
     .group = "stream",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "SETID",
     .arity = -5,
     .flags = Flag::write,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = xgroup_setid,
     .group = "stream",
     .syntax = "key group <id|$> [ENTRIESREAD entriesread]",
     .summary = "Sets the id up to which a group was given entries.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "7.0.0: Added the optional `entries_read` argument."},
};
static_assert(well_formed(subcommands));

constexpr CommandSpec specs[] = {
    {.name = "XACK",
     .arity = -4,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = xack,
     .group = "stream",
     .syntax = "key group ID [ID ...]",
     .summary = "Acknowledges entries that were delivered to a group.",
     .complexity = "O(1) for each message ID processed.",
     .since = "5.0.0"},
    {.name = "XGROUP",
     .arity = -2,
     .categories = Category::slow,
     .group = "stream",
     .summary = "Container of the commands that manage groups of consumers.",
     .complexity = "Depends on the subcommand.",
     .since = "5.0.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_group_commands() {
  return specs;
}

}  // namespace duplex::commands
