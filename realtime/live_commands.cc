// RT.KEY and RT.STREAM: values and entries, with where they stand among the changes.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/live_keys.h"
#include "commands/stream_values.h"
#include "realtime/families.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

namespace {

using commands::Category;
using commands::CommandContext;
using commands::CommandSpec;
using commands::Flag;
using commands::KeyFlag;
using store::Entry;
using store::StreamId;
using store::ValueType;

void reply_hash(CommandContext& ctx, const Entry& entry) {
  const store::HashView hash(entry, ctx.now_ms());
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t pairs = 0;
  hash.for_each([&](std::string_view field, std::string_view value) {
    ctx.reply().bulk(field);
    ctx.reply().bulk(value);
    ++pairs;
  });
  ctx.reply().end_deferred_map(place, pairs);
}

void reply_list(CommandContext& ctx, const Entry& entry) {
  const store::ListView list(entry);
  ctx.reply().array(list.size());
  list.visit(0, [&](const store::ListpackItem& item) {
    char scratch[base::int64_digits_max];
    ctx.reply().bulk(item.text(scratch));
    return true;
  });
}

void reply_sorted_set(CommandContext& ctx, const Entry& entry) {
  const store::SortedSetView set(entry);
  ctx.reply().array(set.size());
  set.visit_all([&](std::string_view member, double score) {
    ctx.reply().array(2);
    ctx.reply().bulk(member);
    ctx.reply().real(score);
  });
}

void reply_value(CommandContext& ctx, const Entry& entry) {
  switch (entry.type()) {
    case ValueType::string: {
      char scratch[base::int64_digits_max];
      return ctx.reply().bulk(entry.text(scratch));
    }
    case ValueType::list:
      return reply_list(ctx, entry);
    case ValueType::set: {
      const store::SetView set(entry);
      ctx.reply().set(set.size());
      return set.for_each([&](std::string_view member) { ctx.reply().bulk(member); });
    }
    case ValueType::sorted_set:
      return reply_sorted_set(ctx, entry);
    case ValueType::hash:
      return reply_hash(ctx, entry);
    case ValueType::stream:
      return ctx.reply().null();
  }
}

void rt_key(CommandContext& ctx) {
  const Entry* entry = ctx.read(commands::live_database, ctx.key());
  const commands::LiveKeys* live = ctx.services().live_keys;
  ctx.reply().map(3);
  ctx.reply().bulk("version");
  ctx.reply().integer(live == nullptr ? 0 : static_cast<std::int64_t>(live->version()));
  ctx.reply().bulk("type");
  ctx.reply().bulk(entry == nullptr ? "none" : store::type_name(entry->type()));
  ctx.reply().bulk("value");
  if (entry == nullptr) return ctx.reply().null();
  reply_value(ctx, *entry);
}

struct StreamRequest {
  std::optional<std::uint64_t> since;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  bool reverse = false;
};

// Answers the error itself.
bool parse(CommandContext& ctx, StreamRequest& request) {
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    const bool has_more = i + 1 < ctx.argc();
    if (base::equals_ignoring_case(word, "REVERSE")) {
      request.reverse = true;
      continue;
    }
    const bool is_since = base::equals_ignoring_case(word, "SINCE");
    if (!has_more || (!is_since && !base::equals_ignoring_case(word, "LIMIT"))) {
      ctx.error(commands::errors::syntax);
      return false;
    }
    const auto number = base::parse_uint64(ctx.arg(++i));
    if (!number) {
      ctx.error(commands::errors::not_an_integer);
      return false;
    }
    if (is_since)
      request.since = *number;
    else
      request.limit = *number;
  }
  return true;
}

StreamId id_of(std::uint64_t offset) {
  return {offset / commands::stream_offset_sequences, offset % commands::stream_offset_sequences};
}

// Whether everything that was ever added behind an id is still there and can be told by offsets.
bool has_all_since(const store::StreamData& stream, const StreamId& id) {
  if (id > stream.last_id || stream.max_deleted_id > id) return false;
  const bool nothing_went = stream.entries_added == stream.size();
  const bool reaches_back = stream.size() > 0 && stream.first_id() <= id;
  return nothing_went || reaches_back || id == stream.last_id;
}

void reply_entry(CommandContext& ctx, const store::StreamEntry& entry) {
  std::vector<std::string> texts;
  entry.for_each_field([&](const store::ListpackItem& field, const store::ListpackItem& value) {
    char scratch[base::int64_digits_max];
    texts.emplace_back(field.text(scratch));
    texts.emplace_back(value.text(scratch));
  });
  const std::vector<std::string_view> fields(texts.begin(), texts.end());
  ctx.reply().array(4);
  ctx.reply().integer(
      static_cast<std::int64_t>(commands::stream_offset(entry.id.ms, entry.id.sequence)));
  ctx.reply().bulk(ctx.services().live_keys->entry_text(fields));
  ctx.reply().null();
  ctx.reply().null();
}

void rt_stream(CommandContext& ctx) {
  StreamRequest request;
  if (!parse(ctx, request)) return;
  if (ctx.services().live_keys == nullptr) return ctx.error("ERR streams are not told live");
  const Entry* entry = ctx.read(commands::live_database, ctx.key());
  if (entry != nullptr && entry->type() != ValueType::stream)
    return ctx.error(commands::errors::wrong_type);
  static const store::StreamData empty;
  const store::StreamData& stream = entry == nullptr ? empty : *store::StreamView(*entry);
  const StreamId since = id_of(request.since.value_or(0));
  ctx.reply().map(4);
  ctx.reply().bulk("epoch");
  ctx.reply().bulk("s");
  ctx.reply().bulk("offset");
  ctx.reply().integer(static_cast<std::int64_t>(
      commands::stream_offset(stream.last_id.ms, stream.last_id.sequence)));
  ctx.reply().bulk("publications");
  store::StreamRange range;
  if (request.since && request.reverse)
    range.last = since.is_zero() ? since : since.previous();
  else if (request.since)
    range.first = since.next();
  const std::size_t place = ctx.reply().begin_deferred();
  std::uint64_t found = 0;
  bool is_whole = true;  // nothing was left out, and all have offsets
  stream.visit(range, request.reverse, [&](const store::StreamEntry& item) {
    is_whole = found < request.limit && commands::stream_offset(item.id.ms, item.id.sequence) != 0;
    if (found == request.limit) return false;
    reply_entry(ctx, item);
    ++found;
    return is_whole;
  });
  ctx.reply().end_deferred_array(place, found);
  ctx.reply().bulk("complete");
  ctx.reply().boolean(is_whole && has_all_since(stream, since));
}

constexpr CommandSpec specs[] = {
    {.name = "RT.KEY",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = Category::keyspace | Category::read | Category::slow,
     .keys = commands::keys(commands::range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = rt_key,
     .group = "realtime",
     .syntax = "key",
     .summary = "Returns a key's value, of any type, and the version of its last change.",
     .complexity = "O(N) where N is the size of the value",
     .since = "0.1.0"},
    {.name = "RT.STREAM",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::stream | Category::read | Category::slow,
     .keys = commands::keys(commands::range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = rt_stream,
     .group = "realtime",
     .syntax = "key [SINCE offset] [LIMIT count] [REVERSE]",
     .summary = "Returns entries of a stream in the form of RT.HISTORY.",
     .complexity = "O(N) where N is the number of entries returned",
     .since = "0.1.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> live_commands() {
  return specs;
}

}  // namespace duplex::realtime
