// Streams, entry by entry: XADD, XDEL, XLEN, XSETID, XTRIM.
#include "base/text.h"
#include "commands/families.h"
#include "commands/stream_trim_options.h"
#include "commands/stream_values.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::Stream;
using store::StreamData;
using store::StreamId;
using store::StreamTrim;
using store::StreamView;
using store::Table;

bool find_stream(CommandContext& ctx, Table::Position& at) {
  return ctx.find_type(ctx.key(), store::ValueType::stream, at);
}

// The id of a new entry behind `last`; nothing if what is asked for is not above it.
// Requires: `last` is not the highest id.
std::optional<StreamId> next_id(const CommandContext& ctx,
                                const std::optional<ParsedStreamId>& wanted,
                                const StreamId& last) {
  if (!wanted) {
    const auto now = static_cast<std::uint64_t>(ctx.now_ms());
    return now > last.ms ? StreamId{now, 0} : last.next();
  }
  if (!wanted->wants_sequence) return wanted->id > last ? std::optional(wanted->id) : std::nullopt;
  if (wanted->id.ms > last.ms) return StreamId{wanted->id.ms, 0};
  const bool is_full = last.sequence == StreamId::highest().sequence;
  if (wanted->id.ms < last.ms || is_full) return std::nullopt;
  return last.next();
}

std::size_t bytes_of(std::span<const std::string_view> texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts)
    bytes += text.size();
  return bytes;
}

void log_add(CommandContext& ctx,
             std::span<const std::string_view> fields,
             const StreamTrim& trim,
             const StreamData& stream,
             std::uint64_t trimmed) {
  std::vector<std::string_view> effect = {"XADD", ctx.key().key};
  if (trimmed > 0) append_exact_trim(ctx, trim, stream, effect);
  effect.push_back(ctx.keep(stream_id_text(stream.last_id)));
  effect.insert(effect.end(), fields.begin(), fields.end());
  ctx.effect(effect);
}

void xadd(CommandContext& ctx) {
  StreamTrimOptions options;
  if (!parse_trim(ctx, TrimArguments::of_xadd, options)) return;
  const std::optional<ParsedStreamId>& wanted = options.id;
  const std::size_t fields_at = options.id_index + 1;
  if (ctx.argc() < fields_at + 2 || (ctx.argc() - fields_at) % 2 != 0)
    return ctx.error("ERR wrong number of arguments for 'xadd' command");
  if (wanted && !wanted->wants_sequence && wanted->id.is_zero())
    return ctx.error("ERR The ID specified in XADD must be greater than 0-0");
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!find_stream(ctx, at)) return;
  if (!at && options.no_make) return ctx.reply().null();
  const StreamId last = at ? Stream(*at.entry())->last_id : StreamId{};
  if (last == StreamId::highest())
    return ctx.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  const auto id = next_id(ctx, wanted, last);
  if (!id)
    return ctx.error(
        "ERR The ID specified in XADD is equal or smaller than the target stream top item");
  const auto fields = ctx.args().subspan(fields_at);
  if (bytes_of(fields) > StreamData::entry_bytes_max)
    return ctx.error("ERR Elements are too large to be stored");

  if (!at) at = ctx.put(key, at, Stream::make(key.key, store::no_expiry));
  const Stream stream(*at.entry());
  stream->append(*id, fields);
  reply_stream_id(ctx.reply(), *id);
  ctx.changed(key, Event::stream, "xadd");
  ctx.tell_added(key, *id, fields);
  std::uint64_t trimmed = 0;
  if (options.trim.strategy != StreamTrim::Strategy::none) {
    trimmed = stream->trim(options.trim);
    if (trimmed > 0) ctx.changed(key, Event::stream, "xtrim");
  }
  log_add(ctx, fields, options.trim, *stream, trimmed);
}

void xlen(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), store::ValueType::stream, entry)) return;
  const std::uint64_t size = entry == nullptr ? 0 : StreamView(*entry)->size();
  ctx.reply().integer(static_cast<std::int64_t>(size));
}

void xdel(CommandContext& ctx) {
  Table::Position at;
  if (!find_stream(ctx, at)) return;
  if (!at) return ctx.reply().integer(0);
  std::vector<StreamId> ids;
  for (const std::string_view text : ctx.args().subspan(2)) {
    const auto id = stream_id_arg(ctx, text);
    if (!id) return;
    ids.push_back(*id);
  }
  const Stream stream(*at.entry());
  std::int64_t removed = 0;
  for (const StreamId& id : ids) {
    if (!stream->erase(id)) continue;
    ++removed;
    if (id > stream->max_deleted_id) stream->max_deleted_id = id;
  }
  if (removed > 0) ctx.changed(ctx.key(), Event::stream, "xdel");
  ctx.count_changes(static_cast<std::uint64_t>(removed));
  ctx.reply().integer(removed);
}

void xtrim(CommandContext& ctx) {
  StreamTrimOptions options;
  if (!parse_trim(ctx, TrimArguments::of_xtrim, options)) return;
  Table::Position at;
  if (!find_stream(ctx, at)) return;
  if (!at) return ctx.reply().integer(0);
  const Stream stream(*at.entry());
  const std::uint64_t removed = stream->trim(options.trim);
  ctx.reply().integer(static_cast<std::int64_t>(removed));
  if (removed == 0) return;
  ctx.changed(ctx.key(), Event::stream, "xtrim");
  ctx.count_changes(removed);
  std::vector<std::string_view> effect = {"XTRIM", ctx.key().key};
  append_exact_trim(ctx, options.trim, *stream, effect);
  ctx.effect(effect);
}

struct SetIdOptions {
  StreamId id;
  std::optional<std::int64_t> entries_added;
  std::optional<StreamId> max_deleted;
};

// Answers the error itself.
bool parse(CommandContext& ctx, SetIdOptions& options) {
  const auto id = stream_id_arg(ctx, ctx.arg(2));
  if (!id) return false;
  options.id = *id;
  for (std::size_t i = 3; i < ctx.argc(); i += 2) {
    const bool has_more = i + 1 < ctx.argc();
    if (has_more && base::equals_ignoring_case(ctx.arg(i), "ENTRIESADDED")) {
      options.entries_added = ctx.integer_arg(i + 1);
      if (!options.entries_added) return false;
      if (*options.entries_added >= 0) continue;
      ctx.error("ERR entries_added must be positive");
      return false;
    }
    if (!has_more || !base::equals_ignoring_case(ctx.arg(i), "MAXDELETEDID")) {
      ctx.error(errors::syntax);
      return false;
    }
    options.max_deleted = stream_id_arg(ctx, ctx.arg(i + 1));
    if (!options.max_deleted) return false;
    if (options.id >= *options.max_deleted) continue;
    ctx.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    return false;
  }
  return true;
}

void xsetid(CommandContext& ctx) {
  SetIdOptions options;
  if (!parse(ctx, options)) return;
  const Table::Position at = ctx.find(ctx.key());
  if (!at) return ctx.error(errors::no_such_key);
  if (at.entry()->type() != store::ValueType::stream) return ctx.error(errors::wrong_type);
  const Stream stream(*at.entry());
  // A log is obeyed: that of Redis 7.0 may go back behind what was deleted.
  if (options.id < stream->max_deleted_id && !ctx.is_replay())
    return ctx.error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
  if (stream->size() > 0) {
    if (options.id < stream->last_living_id())
      return ctx.error("ERR The ID specified in XSETID is smaller than the target stream top item");
    if (options.entries_added &&
        stream->size() > static_cast<std::uint64_t>(*options.entries_added))
      return ctx.error(
          "ERR The entries_added specified in XSETID is smaller than the target stream length");
  }
  stream->last_id = options.id;
  if (options.entries_added)
    stream->entries_added = static_cast<std::uint64_t>(*options.entries_added);
  if (options.max_deleted && !options.max_deleted->is_zero())
    stream->max_deleted_id = *options.max_deleted;
  ctx.changed_unwatched(ctx.key(), Event::stream, "xsetid");
  ctx.reply().ok();
}

constexpr CommandSpec specs[] = {
    {.name = "XADD",
     .arity = -5,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = xadd,
     .group = "stream",
     .syntax = "key [NOMKSTREAM] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id> field "
               "value [field value ...]",
     .summary = "Appends an entry to a stream, which is made if it does not exist.",
     .complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number "
                   "of entries evicted",
     .since = "5.0.0",
     .history = "6.2.0: Added the `NOMKSTREAM` option, `MINID` trimming strategy and the "
                "`LIMIT` option. // 7.0.0: Added support for the `<ms>-*` explicit ID form.",
     .tips = "nondeterministic_output"},
    {.name = "XDEL",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = xdel,
     .group = "stream",
     .syntax = "key ID [ID ...]",
     .summary = "Removes entries from a stream.",
     .complexity = "O(1) for each single item to delete in the stream, regardless of the stream "
                   "size",
     .since = "5.0.0"},
    {.name = "XLEN",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::stream,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = xlen,
     .group = "stream",
     .syntax = "key",
     .summary = "Counts the entries of a stream.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "XSETID",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = xsetid,
     .group = "stream",
     .syntax = "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
     .summary = "Sets the last id of a stream and its counters.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .history = "7.0.0: Added the `entries_added` and `max_deleted_entry_id` arguments."},
    {.name = "XTRIM",
     .arity = -4,
     .flags = Flag::write,
     .categories = Category::slow | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = xtrim,
     .group = "stream",
     .syntax = "key <MAXLEN|MINID> [=|~] threshold [LIMIT count]",
     .summary = "Removes entries from the front of a stream.",
     .complexity = "O(N), with N being the number of evicted entries.",
     .since = "5.0.0",
     .history = "6.2.0: Added the `MINID` trimming strategy and the `LIMIT` option.",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_commands() {
  return specs;
}

}  // namespace duplex::commands
