// RT.PUBLISH and RT.HISTORY: publications with their places, and looking back.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/channel_history.h"
#include "commands/command_context.h"
#include "realtime/families.h"
#include "realtime/json_text.h"
#include "store/stream.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::realtime {

namespace {

using commands::Category;
using commands::ChannelUse;
using commands::CommandContext;
using commands::CommandSpec;
using commands::Flag;
using store::StreamId;

std::string epoch_text(std::uint64_t epoch) {
  return epoch == 0 ? std::string() : std::to_string(epoch);
}

void rt_publish(CommandContext& ctx) {
  commands::NewPublication publication{.data = ctx.arg(2)};
  for (std::size_t i = 3; i < ctx.argc(); i += 2) {
    const bool is_info = base::equals_ignoring_case(ctx.arg(i), "INFO");
    if (i + 1 == ctx.argc() || (!is_info && !base::equals_ignoring_case(ctx.arg(i), "TAGS")))
      return ctx.error(commands::errors::syntax);
    const std::string_view json = ctx.arg(i + 1);
    if (!is_json(json) || json[json.find_first_not_of(" \t\r\n")] != '{')
      return ctx.error("ERR INFO and TAGS must be JSON objects");
    (is_info ? publication.info : publication.tags) = json;
  }
  const auto published = commands::publish_on(ctx, ctx.arg(1), publication);
  if (!published) return;
  ctx.reply().map(3);
  ctx.reply().bulk("receivers");
  ctx.reply().integer(static_cast<std::int64_t>(published->receivers));
  ctx.reply().bulk("epoch");
  ctx.reply().bulk(epoch_text(published->epoch));
  ctx.reply().bulk("offset");
  ctx.reply().integer(static_cast<std::int64_t>(published->offset));
}

struct HistoryRequest {
  std::optional<std::string_view> since_epoch;
  std::uint64_t since_offset = 0;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  bool reverse = false;
  bool make = false;
};

// Answers the error itself.
bool parse(CommandContext& ctx, HistoryRequest& request) {
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    const std::size_t more = ctx.argc() - i - 1;
    if (base::equals_ignoring_case(word, "REVERSE")) {
      request.reverse = true;
    } else if (base::equals_ignoring_case(word, "MAKE")) {
      request.make = true;
    } else if (base::equals_ignoring_case(word, "LIMIT") && more >= 1) {
      const auto limit = ctx.integer_arg(++i);
      if (!limit) return false;
      if (*limit >= 0) request.limit = static_cast<std::uint64_t>(*limit);
    } else if (base::equals_ignoring_case(word, "SINCE") && more >= 2) {
      request.since_epoch = ctx.arg(i + 1);
      i += 2;
      const auto offset = base::parse_uint64(ctx.arg(i));
      if (!offset) {
        ctx.error(commands::errors::not_an_integer);
        return false;
      }
      request.since_offset = *offset;
    } else {
      ctx.error(commands::errors::syntax);
      return false;
    }
  }
  return true;
}

void reply_publication(resp::ReplyWriter& reply, const store::StreamEntry& entry) {
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(entry.id.sequence));
  for (const std::string_view name : {"d", "i", "g"}) {
    bool is_there = false;
    entry.for_each_field([&](const store::ListpackItem& field, const store::ListpackItem& value) {
      char scratch[base::int64_digits_max];
      if (is_there || field.text(scratch) != name) return;
      is_there = true;
      reply.bulk(value.text(scratch));
    });
    if (!is_there) reply.null();
  }
}

// The part of the history that is asked for; nothing if there is no such part.
std::optional<store::StreamRange> range_of(const HistoryRequest& request, const StreamId& top) {
  if (request.since_epoch && !request.since_epoch->empty() &&
      *request.since_epoch != epoch_text(top.ms))
    return std::nullopt;
  store::StreamRange range{{top.ms, 1}, top};
  if (request.since_epoch && request.reverse) {
    if (request.since_offset <= 1) return std::nullopt;
    range.last = {top.ms, request.since_offset - 1};
  } else if (request.since_epoch) {
    if (request.since_offset >= top.sequence) return std::nullopt;
    range.first = {top.ms, request.since_offset + 1};
  }
  return range;
}

void rt_history(CommandContext& ctx) {
  HistoryRequest request;
  if (!parse(ctx, request)) return;
  const StreamId top = commands::history_position(ctx, request.make).value_or(StreamId{});
  ctx.reply().map(3);
  ctx.reply().bulk("epoch");
  ctx.reply().bulk(epoch_text(top.ms));
  ctx.reply().bulk("offset");
  ctx.reply().integer(static_cast<std::int64_t>(top.sequence));
  ctx.reply().bulk("publications");
  const auto range = range_of(request, top);
  const store::Entry* entry =
      top.ms == 0 || !range ? nullptr : ctx.read(commands::history_database, ctx.key());
  if (entry == nullptr || request.limit == 0) return ctx.reply().array(0);
  const std::size_t place = ctx.reply().begin_deferred();
  std::uint64_t found = 0;
  store::StreamView(*entry)->visit(*range, request.reverse, [&](const store::StreamEntry& item) {
    reply_publication(ctx.reply(), item);
    return ++found != request.limit;
  });
  ctx.reply().end_deferred_array(place, found);
}

constexpr Flag common_flags = Flag::pubsub | Flag::stale | Flag::may_replicate | Flag::uses_history;

constexpr CommandSpec specs[] = {
    {.name = "RT.HISTORY",
     .arity = -2,
     .flags = common_flags,
     .categories = Category::pubsub | Category::slow,
     .channels = ChannelUse::publish,
     .handler = rt_history,
     .group = "realtime",
     .syntax = "channel [SINCE epoch offset] [LIMIT count] [REVERSE] [MAKE]",
     .summary = "Returns the position of a channel's history and the publications in it.",
     .complexity = "O(N) where N is the number of publications returned",
     .since = "0.1.0"},
    {.name = "RT.PUBLISH",
     .arity = -3,
     .flags = common_flags | Flag::fast,
     .categories = Category::pubsub | Category::fast,
     .channels = ChannelUse::publish,
     .handler = rt_publish,
     .group = "realtime",
     .syntax = "channel data [INFO json] [TAGS json]",
     .summary = "Publishes on a channel like PUBLISH, and says where it stands in the history.",
     .complexity = "O(N+M) where N is the number of subscribers of the channel and M the number of "
                   "subscribed patterns",
     .since = "0.1.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> history_commands() {
  return specs;
}

}  // namespace duplex::realtime
