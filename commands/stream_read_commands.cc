// Reading what is new in streams: XREAD, XREADGROUP.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/blocking.h"
#include "commands/families.h"
#include "commands/stream_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::HashedKey;
using store::StreamConsumer;
using store::StreamData;
using store::StreamGroup;
using store::StreamId;

enum class Reader : bool { anybody, group };

struct ReadOptions {
  Reader reader = Reader::anybody;
  std::uint64_t count = 0;  // 0: no limit
  std::optional<std::int64_t> wait_ms;
  bool no_ack = false;
  std::string_view group;
  std::string_view consumer;
  std::size_t keys_at = 0;
  std::size_t keys = 0;
};

// One of the streams asked for. The pointers are valid for the whole command: what is behind an
// entry stays where it is while other keys come and go.
struct Source {
  StreamData* stream = nullptr;
  StreamGroup* group = nullptr;
  StreamId after;
  bool wants_new = false;  // ">"
};

bool parse_wait(CommandContext& ctx, std::string_view text, ReadOptions& options) {
  options.wait_ms = base::parse_int64(text);
  std::string_view error;
  if (!options.wait_ms)
    error = "ERR timeout is not an integer or out of range";
  else if (*options.wait_ms < 0)
    error = "ERR timeout is negative";
  else if (*options.wait_ms > std::numeric_limits<std::int64_t>::max() - ctx.now_ms())
    error = "ERR timeout is out of range";
  if (error.empty()) return true;
  ctx.error(error);
  return false;
}

// What stands behind STREAMS. Answers the error itself.
bool parse_streams(CommandContext& ctx, std::size_t keys_at, ReadOptions& options) {
  const std::size_t rest = ctx.argc() - keys_at;
  options.keys_at = keys_at;
  options.keys = rest / 2;
  if (rest % 2 == 0) return true;
  const bool by_group = options.reader == Reader::group;
  ctx.error(
      fmt::format("ERR Unbalanced '{}' list of streams: for each stream key an ID or '{}' "
                  "must be specified.",
                  by_group ? "xreadgroup" : "xread",
                  by_group ? '>' : '$'));
  return false;
}

// Answers the error itself.
bool parse(CommandContext& ctx, ReadOptions& options) {
  const bool by_group = options.reader == Reader::group;
  const auto only_for_groups = [&](std::string_view option) {
    ctx.error(fmt::format(
        "ERR The {} option is only supported by XREADGROUP. You called XREAD instead.", option));
    return false;
  };
  for (std::size_t i = 1; i < ctx.argc() && options.keys == 0; ++i) {
    const std::size_t more = ctx.argc() - 1 - i;
    const auto is = [&](std::string_view name) {
      return base::equals_ignoring_case(ctx.arg(i), name);
    };
    if (more >= 1 && is("BLOCK")) {
      if (!parse_wait(ctx, ctx.arg(++i), options)) return false;
    } else if (more >= 1 && is("COUNT")) {
      const auto count = ctx.integer_arg(++i);
      if (!count) return false;
      options.count = static_cast<std::uint64_t>(std::max<std::int64_t>(*count, 0));
    } else if (more >= 1 && is("STREAMS")) {
      if (!parse_streams(ctx, i + 1, options)) return false;
    } else if (more >= 2 && is("GROUP")) {
      if (!by_group) return only_for_groups("GROUP");
      options.group = ctx.arg(++i);
      options.consumer = ctx.arg(++i);
    } else if (is("NOACK")) {
      if (!by_group) return only_for_groups("NOACK");
      options.no_ack = true;
    } else {
      break;
    }
  }
  if (options.keys == 0) {
    ctx.error(errors::syntax);
    return false;
  }
  if (by_group && options.group.data() == nullptr) {
    ctx.error("ERR Missing GROUP option for XREADGROUP");
    return false;
  }
  return true;
}

bool refuse_meaningless(CommandContext& ctx, std::string_view id) {
  ctx.error(fmt::format(
      "ERR The {0} ID is meaningless in the context of XREADGROUP: you want to read the history of "
      "this consumer by specifying a proper ID, or use the > ID to get new messages. The {0} ID "
      "would just return an empty result set.",
      id));
  return false;
}

// The id behind which a stream is read. Answers the error itself.
bool parse_id(CommandContext& ctx, Reader reader, std::string_view text, Source& source) {
  const StreamId last = source.stream == nullptr ? StreamId{} : source.stream->last_id;
  if (text == "$") {
    if (reader == Reader::group) return refuse_meaningless(ctx, text);
    source.after = last;
  } else if (text == "+") {
    if (reader == Reader::group) return refuse_meaningless(ctx, text);
    // The last entry itself, if there is one.
    const bool is_empty = source.stream == nullptr || source.stream->size() == 0;
    source.after = is_empty ? last : source.stream->last_living_id().previous();
  } else if (text == ">") {
    if (reader == Reader::anybody) {
      ctx.error(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
          "<consumer> option.");
      return false;
    }
    source.wants_new = true;
  } else {
    const auto id = stream_id_arg(ctx, text);
    if (!id) return false;
    source.after = *id;
    // Nothing can come behind the highest id, so Redis takes it for ">".
    source.wants_new = reader == Reader::group && *id == StreamId::highest();
  }
  return true;
}

// Answers WRONGTYPE, or that there is no such group.
bool find_source(CommandContext& ctx,
                 const ReadOptions& options,
                 const HashedKey& key,
                 Source& source) {
  if (options.reader == Reader::anybody) {
    store::Entry* entry = nullptr;
    if (!ctx.read_type(key, store::ValueType::stream, entry)) return false;
    if (entry != nullptr) source.stream = &*store::Stream(*entry);
    return true;
  }
  store::Table::Position at;
  if (!ctx.find_type(key, store::ValueType::stream, at)) return false;
  if (at) {
    source.stream = &*store::Stream(*at.entry());
    source.group = find_group(*source.stream, options.group);
  }
  if (source.group != nullptr) return true;
  ctx.error(
      fmt::format("NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
                  errors::shown(key.key, std::string_view::npos),
                  errors::shown(options.group, std::string_view::npos)));
  return false;
}

bool has_more(const Source& source) {
  if (source.group != nullptr && !source.wants_new) return true;
  if (source.stream == nullptr || source.stream->size() == 0) return false;
  const StreamId& after = source.group != nullptr ? source.group->last_id : source.after;
  return source.stream->last_living_id() > after;
}

void reply_new(CommandContext& ctx, const ReadOptions& options, const Source& source) {
  const std::size_t place = ctx.reply().begin_deferred();
  std::uint64_t found = 0;
  source.stream->visit(
      {source.after.next(), StreamId::highest()}, false, [&](const store::StreamEntry& entry) {
        reply_stream_entry(ctx.reply(), entry);
        return ++found != options.count;
      });
  ctx.reply().end_deferred_array(place, static_cast<std::size_t>(found));
}

// What the consumer was given before and has not acknowledged; entries that were deleted since have
// no fields.
void reply_history(CommandContext& ctx,
                   const ReadOptions& options,
                   const Source& source,
                   const StreamConsumer& consumer) {
  const std::size_t place = ctx.reply().begin_deferred();
  std::uint64_t found = 0;
  auto at = consumer.pending.lower_bound(source.after.next());
  for (; at != consumer.pending.end(); ++at) {
    if (reply_stream_entry(ctx.reply(), *source.stream, *at)) {
      store::PendingEntry& pending = *source.group->find_pending(*at);
      pending.delivered_ms = ctx.now_ms();
      ++pending.deliveries;
    } else {
      ctx.reply().array(2);
      reply_stream_id(ctx.reply(), *at);
      ctx.reply().null_array();
    }
    if (++found == options.count) break;
  }
  ctx.reply().end_deferred_array(place, static_cast<std::size_t>(found));
}

// Counts an entry as read by the group.
void advance(const StreamData& stream, StreamGroup& group, const StreamId& id) {
  const bool is_known = group.entries_read != StreamGroup::unknown;
  // It goes on counting only from an entry that is there, if nothing behind that was deleted.
  if (is_known && group.last_id >= stream.first_id() && !stream.has_gaps(group.last_id)) {
    ++group.entries_read;
  } else if (stream.entries_added != 0) {
    const auto read = stream.entries_until(id);
    group.entries_read = read ? static_cast<std::int64_t>(*read) : StreamGroup::unknown;
  }
  group.last_id = id;
}

void deliver(CommandContext& ctx,
             const HashedKey& key,
             const ReadOptions& options,
             const Source& source,
             StreamConsumer& consumer) {
  StreamGroup& group = *source.group;
  const std::size_t place = ctx.reply().begin_deferred();
  ctx.count_changes(1);  // however many entries there are
  std::uint64_t found = 0;
  source.stream->visit(
      {group.last_id.next(), StreamId::highest()}, false, [&](const store::StreamEntry& entry) {
        reply_stream_entry(ctx.reply(), entry);
        advance(*source.stream, group, entry.id);
        if (!options.no_ack) {
          store::PendingEntry& pending = group.assign(entry.id, consumer);
          pending.delivered_ms = ctx.now_ms();
          pending.deliveries = 1;
          consumer.active_ms = ctx.now_ms();
          claim_effect(ctx, key, options.group, group, entry.id, pending);
        }
        return ++found != options.count;
      });
  ctx.reply().end_deferred_array(place, static_cast<std::size_t>(found));
  ctx.changed_unwatched(key, Event{}, {});
  group_id_effect(ctx, key, options.group, group);
}

// Answers the streams that have something; returns how many those are.
std::size_t reply_streams(CommandContext& ctx,
                          const ReadOptions& options,
                          const std::vector<Source>& sources) {
  const bool is_map = ctx.reply().protocol() == resp::Protocol::resp3;
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t answered = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const HashedKey& key = ctx.key(i);
    StreamConsumer* consumer = nullptr;
    if (source.group != nullptr)
      consumer = &consumer_of(ctx, key, options.group, *source.group, options.consumer);
    if (!has_more(source)) continue;
    ++answered;
    if (!is_map) ctx.reply().array(2);
    ctx.reply().bulk(key.key);
    if (consumer == nullptr)
      reply_new(ctx, options, source);
    else if (source.wants_new)
      deliver(ctx, key, options, source, *consumer);
    else
      reply_history(ctx, options, source, *consumer);
  }
  if (answered == 0) return 0;
  if (is_map)
    ctx.reply().end_deferred_map(place, answered);
  else
    ctx.reply().end_deferred_array(place, answered);
  return answered;
}

// Waits for the streams. What "$" and "+" mean is decided now, not when the command is run again.
void wait(CommandContext& ctx, const ReadOptions& options, const std::vector<Source>& sources) {
  std::vector<std::string_view> args(ctx.args().begin(), ctx.args().end());
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (!sources[i].wants_new)
      args[options.keys_at + options.keys + i] = ctx.keep(stream_id_text(sources[i].after));
  ctx.block({.deadline_ms = *options.wait_ms == 0 ? 0 : ctx.now_ms() + *options.wait_ms,
             .first_key = 0,
             .key_count = sources.size(),
             .type = store::ValueType::stream,
             .wakes_on_loss = options.reader == Reader::group,
             .on_timeout = BlockRequest::Nothing::null_array,
             .args = args});
}

void read(CommandContext& ctx, Reader reader) {
  ReadOptions options;
  options.reader = reader;
  if (!parse(ctx, options)) return;
  std::vector<Source> sources(options.keys);
  for (std::size_t i = 0; i < options.keys; ++i) {
    const std::string_view id = ctx.arg(options.keys_at + options.keys + i);
    if (!find_source(ctx, options, ctx.key(i), sources[i])) return;
    if (!parse_id(ctx, reader, id, sources[i])) return;
  }
  // As in Redis, keys are looked up once more when the ids are known, and counted once more.
  if (reader == Reader::anybody)
    for (std::size_t i = 0; i < options.keys; ++i)
      ctx.look(ctx.key(i));
  if (reply_streams(ctx, options, sources) > 0) return;
  if (options.wait_ms && ctx.may_block()) return wait(ctx, options, sources);
  ctx.reply().null_array();
}

void xread(CommandContext& ctx) {
  read(ctx, Reader::anybody);
}

void xreadgroup(CommandContext& ctx) {
  read(ctx, Reader::group);
}

// As parse() goes, because a group may have the name of an option. The keys of a request that is
// wrong are found as well, so that it is refused to those who may not use them.
void find_streams(Args args, std::vector<KeyPosition>& positions) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto is = [&](std::string_view name) {
      return base::equals_ignoring_case(args[i], name);
    };
    if (is("STREAMS")) {
      const std::size_t rest = args.size() - 1 - i;
      for (std::size_t key = 0; key < rest / 2; ++key)
        positions.push_back({i + 1 + key, KeyFlag::ro | KeyFlag::access});
      return;
    }
    if (is("GROUP"))
      i += 2;
    else if (is("BLOCK") || is("COUNT"))
      ++i;
  }
}

// What COMMAND INFO tells of that: the keyword is looked for from `start` on.
constexpr KeySpec streams(int start) {
  return {.flags = KeyFlag::ro | KeyFlag::access,
          .begin = KeySpec::Begin::keyword,
          .index = start,
          .keyword = "STREAMS",
          .find = KeySpec::Find::range,
          .last = -1,
          .step = 1,
          .limit = 2};
}

constexpr CommandSpec specs[] = {
    {.name = "XREAD",
     .arity = -4,
     .flags = Flag::blocking | Flag::readonly,
     .categories = Category::blocking | Category::read | Category::slow | Category::stream,
     .keys = keys(streams(1)),
     .handler = xread,
     .group = "stream",
     .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] ID [ID ...]",
     .summary = "Returns the entries of streams behind given ids, or waits for some.",
     .since = "5.0.0",
     .find_keys = find_streams},
    {.name = "XREADGROUP",
     .arity = -7,
     .flags = Flag::blocking | Flag::write,
     .categories = Category::blocking | Category::slow | Category::stream | Category::write,
     .keys = keys(streams(4)),
     .handler = xreadgroup,
     .group = "stream",
     .syntax = "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key "
               "[key ...] ID [ID ...]",
     .summary = "Gives a consumer of a group entries that nobody in the group was given, or "
                "waits for some; or returns those it has not acknowledged.",
     .complexity = "For each stream mentioned: O(M) with M being the number of elements returned",
     .since = "5.0.0",
     .find_keys = find_streams},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_read_commands() {
  return specs;
}

}  // namespace duplex::commands
