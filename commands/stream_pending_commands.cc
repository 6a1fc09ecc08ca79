// What a group has pending: XPENDING, XCLAIM, XAUTOCLAIM.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/families.h"
#include "commands/stream_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::PendingEntry;
using store::StreamConsumer;
using store::StreamGroup;
using store::StreamId;

// XAUTOCLAIM looks at this many entries for each one that it may claim.
constexpr std::int64_t looks_per_claim = 10;
constexpr std::int64_t claims_default = 100;
constexpr std::int64_t claims_max = std::numeric_limits<std::int64_t>::max() / 16;

std::int64_t idle_ms(const CommandContext& ctx, const PendingEntry& entry) {
  return std::max<std::int64_t>(ctx.now_ms() - entry.delivered_ms, 0);
}

// An integer; answers the error given.
std::optional<std::int64_t> integer_or(CommandContext& ctx,
                                       std::size_t index,
                                       std::string_view error) {
  const auto value = base::parse_int64(ctx.arg(index));
  if (!value) ctx.error(error);
  return value;
}

void reply_summary(CommandContext& ctx, const StreamGroup& group) {
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    reply.null();
    reply.null();
    return reply.null_array();
  }
  reply_stream_id(reply, group.pending().front().id);
  reply_stream_id(reply, group.pending().back().id);
  const std::size_t place = reply.begin_deferred();
  std::size_t consumers = 0;
  for (const auto& [name, consumer] : group.consumers()) {
    if (consumer.pending.empty()) continue;
    ++consumers;
    reply.array(2);
    reply.bulk(name);
    reply.bulk_integer(static_cast<std::int64_t>(consumer.pending.size()));
  }
  reply.end_deferred_array(place, consumers);
}

struct PendingOptions {
  std::int64_t idle_min_ms = 0;
  StreamId first;
  StreamId last;
  std::int64_t count = 0;
  std::optional<std::string_view> consumer;
};

// The arguments behind the group. Answers the error itself.
bool parse(CommandContext& ctx, PendingOptions& options) {
  std::size_t i = 3;
  if (base::equals_ignoring_case(ctx.arg(3), "IDLE")) {
    const auto idle = ctx.integer_arg(4);
    if (!idle) return false;
    options.idle_min_ms = *idle;
    if (ctx.argc() < 8) {
      ctx.error(errors::syntax);
      return false;
    }
    i += 2;
  }
  const auto count = ctx.integer_arg(i + 2);
  if (!count) return false;
  options.count = std::max<std::int64_t>(*count, 0);
  const auto first = range_end_arg(ctx, ctx.arg(i), RangeEnd::first);
  if (!first) return false;
  const auto last = range_end_arg(ctx, ctx.arg(i + 1), RangeEnd::last);
  if (!last) return false;
  options.first = *first;
  options.last = *last;
  if (i + 3 < ctx.argc()) options.consumer = ctx.arg(i + 3);
  return true;
}

void reply_details(CommandContext& ctx, StreamGroup& group, const PendingOptions& options) {
  resp::ReplyWriter& reply = ctx.reply();
  const std::size_t place = reply.begin_deferred();
  std::int64_t left = options.count;
  const auto visit = [&](const PendingEntry& entry) {
    const std::int64_t idle = idle_ms(ctx, entry);
    if (options.idle_min_ms != 0 && idle < options.idle_min_ms) return;
    --left;
    reply.array(4);
    reply_stream_id(reply, entry.id);
    reply.bulk(entry.consumer->name);
    reply.integer(idle);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
  };
  if (options.consumer) {
    const StreamConsumer* consumer = group.find_consumer(*options.consumer);
    if (consumer == nullptr) return reply.array(0);
    auto at = consumer->pending.lower_bound(options.first);
    for (; at != consumer->pending.end() && left > 0 && *at <= options.last; ++at)
      visit(*group.find_pending(*at));
  } else {
    auto at = group.pending().lower_bound(options.first);
    for (; at != group.pending().end() && left > 0 && at->id <= options.last; ++at)
      visit(*at);
  }
  reply.end_deferred_array(place, static_cast<std::size_t>(options.count - left));
}

void xpending(CommandContext& ctx) {
  const bool is_summary = ctx.argc() == 3;
  if (!is_summary && (ctx.argc() < 6 || ctx.argc() > 9)) return ctx.error(errors::syntax);
  PendingOptions options;
  if (!is_summary && !parse(ctx, options)) return;
  GroupPlace place;
  if (!read_group_arg(ctx, place)) return;
  if (is_summary) return reply_summary(ctx, *place.group);
  reply_details(ctx, *place.group, options);
}

struct ClaimOptions {
  std::int64_t idle_min_ms = 0;
  std::vector<StreamId> ids;
  std::int64_t delivered_ms = 0;
  std::optional<std::int64_t> deliveries;
  bool force = false;
  bool only_ids = false;
  StreamId last_id;
};

// IDLE, TIME or RETRYCOUNT at `i`, and its value. Answers the error itself.
bool parse_number(CommandContext& ctx, std::size_t i, ClaimOptions& options) {
  const std::string name = base::uppered(ctx.arg(i));
  const auto value =
      integer_or(ctx, i + 1, fmt::format("ERR Invalid {} option argument for XCLAIM", name));
  if (!value) return false;
  if (name == "IDLE")
    options.delivered_ms = ctx.now_ms() - *value;
  else if (name == "TIME")
    options.delivered_ms = *value;
  else
    options.deliveries = *value;
  return true;
}

// Answers the error itself.
bool parse(CommandContext& ctx, ClaimOptions& options) {
  const auto idle = integer_or(ctx, 4, "ERR Invalid min-idle-time argument for XCLAIM");
  if (!idle) return false;
  options.idle_min_ms = std::max<std::int64_t>(*idle, 0);
  options.delivered_ms = ctx.now_ms();
  std::size_t i = 5;
  for (; i < ctx.argc(); ++i) {
    const auto id = parse_stream_id(ctx.arg(i));
    if (!id || id->wants_sequence) break;
    options.ids.push_back(id->id);
  }
  for (; i < ctx.argc(); ++i) {
    const auto is = [&](std::string_view name) {
      return base::equals_ignoring_case(ctx.arg(i), name);
    };
    const bool has_more = i + 1 < ctx.argc();
    if (is("FORCE")) {
      options.force = true;
    } else if (is("JUSTID")) {
      options.only_ids = true;
    } else if (has_more && (is("IDLE") || is("TIME") || is("RETRYCOUNT"))) {
      if (!parse_number(ctx, i++, options)) return false;
    } else if (has_more && is("LASTID")) {
      const auto id = stream_id_arg(ctx, ctx.arg(++i));
      if (!id) return false;
      options.last_id = *id;
    } else {
      ctx.error(fmt::format("ERR Unrecognized XCLAIM option '{}'",
                            errors::shown(ctx.arg(i), std::string_view::npos)));
      return false;
    }
  }
  // A log is obeyed: there is no clock then, and the times are those that were logged.
  const bool has_clock = !ctx.is_replay();
  if (options.delivered_ms < 0 || (has_clock && options.delivered_ms > ctx.now_ms()))
    options.delivered_ms = ctx.now_ms();
  return true;
}

// An entry that was deleted is not pending any longer.
void drop(CommandContext& ctx, StreamGroup& group, const StreamId& id) {
  group.acknowledge(id);
  ctx.changed_unwatched(ctx.key(), Event{}, {});
  ctx.effect({"XACK", ctx.key().key, ctx.arg(2), ctx.keep(stream_id_text(id))});
}

// Answers a claimed entry and logs it.
void finish_claim(CommandContext& ctx,
                  const GroupPlace& place,
                  const StreamId& id,
                  const PendingEntry& entry,
                  bool only_ids) {
  if (only_ids)
    reply_stream_id(ctx.reply(), id);
  else
    reply_stream_entry(ctx.reply(), *place.stream, id);
  StreamConsumer& consumer = *entry.consumer;
  consumer.active_ms = std::max(ctx.now_ms(), entry.delivered_ms);
  consumer.seen_ms = std::max(consumer.seen_ms, entry.delivered_ms);
  ctx.changed_unwatched(ctx.key(), Event{}, {});
  claim_effect(ctx, ctx.key(), ctx.arg(2), *place.group, id, entry);
}

// Whether XCLAIM may take the entry; drops it if it was deleted.
bool may_claim(CommandContext& ctx,
               const GroupPlace& place,
               const StreamId& id,
               const ClaimOptions& options) {
  const PendingEntry* pending = place.group->find_pending(id);
  if (!place.stream->contains(id)) {
    if (pending != nullptr) drop(ctx, *place.group, id);
    return false;
  }
  if (pending == nullptr) return options.force;
  return options.idle_min_ms == 0 || ctx.now_ms() - pending->delivered_ms >= options.idle_min_ms;
}

void xclaim(CommandContext& ctx) {
  GroupPlace place;
  if (!find_group_arg(ctx, place)) return;
  ClaimOptions options;
  if (!parse(ctx, options)) return;
  const bool moves_on = options.last_id > place.group->last_id;
  if (moves_on) place.group->last_id = options.last_id;
  StreamConsumer& consumer = consumer_of(ctx, ctx.key(), ctx.arg(2), *place.group, ctx.arg(3));
  const std::size_t reply_place = ctx.reply().begin_deferred();
  std::size_t claimed = 0;
  for (const StreamId& id : options.ids) {
    if (!may_claim(ctx, place, id, options)) continue;
    PendingEntry& entry = place.group->assign(id, consumer);
    entry.delivered_ms = options.delivered_ms;
    if (options.deliveries && *options.deliveries >= 0)
      entry.deliveries = static_cast<std::uint64_t>(*options.deliveries);
    else if (!options.only_ids)
      ++entry.deliveries;
    ++claimed;
    finish_claim(ctx, place, id, entry, options.only_ids);
  }
  ctx.reply().end_deferred_array(reply_place, claimed);
  if (!moves_on) return;
  ctx.changed_unwatched(ctx.key(), Event{}, {});
  group_id_effect(ctx, ctx.key(), ctx.arg(2), *place.group);
}

struct AutoClaimOptions {
  std::int64_t idle_min_ms = 0;
  StreamId first;
  std::int64_t count = claims_default;
  bool only_ids = false;
};

// Answers the error itself.
bool parse(CommandContext& ctx, AutoClaimOptions& options) {
  const auto idle = integer_or(ctx, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  if (!idle) return false;
  options.idle_min_ms = std::max<std::int64_t>(*idle, 0);
  const auto first = range_end_arg(ctx, ctx.arg(5), RangeEnd::first);
  if (!first) return false;
  options.first = *first;
  for (std::size_t i = 6; i < ctx.argc(); ++i) {
    if (i + 1 < ctx.argc() && base::equals_ignoring_case(ctx.arg(i), "COUNT")) {
      const auto count = base::parse_int64(ctx.arg(++i));
      if (!count || *count < 1 || *count > claims_max) {
        ctx.error("ERR COUNT must be > 0");
        return false;
      }
      options.count = *count;
    } else if (base::equals_ignoring_case(ctx.arg(i), "JUSTID")) {
      options.only_ids = true;
    } else {
      ctx.error(errors::syntax);
      return false;
    }
  }
  return true;
}

void xautoclaim(CommandContext& ctx) {
  AutoClaimOptions options;
  if (!parse(ctx, options)) return;
  GroupPlace place;
  if (!find_group_arg(ctx, place)) return;
  StreamGroup& group = *place.group;
  StreamConsumer& consumer = consumer_of(ctx, ctx.key(), ctx.arg(2), group, ctx.arg(3));
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(3);
  std::vector<StreamId> claimed;
  std::vector<StreamId> deleted;
  std::int64_t looks = options.count * looks_per_claim;
  std::int64_t left = options.count;
  auto at = group.pending().lower_bound(options.first);
  while (looks-- > 0 && left > 0 && at != group.pending().end()) {
    const PendingEntry& pending = *at;
    const bool is_gone = !place.stream->contains(pending.id);
    if (is_gone || options.idle_min_ms == 0 ||
        ctx.now_ms() - pending.delivered_ms >= options.idle_min_ms) {
      (is_gone ? deleted : claimed).push_back(pending.id);
      --left;
    }
    ++at;
  }
  // Where to go on.
  reply_stream_id(reply, at == group.pending().end() ? StreamId{} : at->id);
  for (const StreamId& id : deleted)
    drop(ctx, group, id);
  reply.array(claimed.size());
  for (const StreamId& id : claimed) {
    PendingEntry& entry = group.assign(id, consumer);
    entry.delivered_ms = ctx.now_ms();
    if (!options.only_ids) ++entry.deliveries;
    finish_claim(ctx, place, id, entry, options.only_ids);
  }
  reply.array(deleted.size());
  for (const StreamId& id : deleted)
    reply_stream_id(reply, id);
}

constexpr CommandSpec specs[] = {
    {.name = "XAUTOCLAIM",
     .arity = -6,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = xautoclaim,
     .group = "stream",
     .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
     .summary = "Gives entries that have been pending for some time to another consumer.",
     .complexity = "O(1) if COUNT is small.",
     .since = "6.2.0",
     .history = "7.0.0: Added an element to the reply array, containing deleted entries the "
                "command cleared from the PEL",
     .tips = "nondeterministic_output"},
    {.name = "XCLAIM",
     .arity = -6,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::stream | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = xclaim,
     .group = "stream",
     .syntax = "key group consumer min-idle-time ID [ID ...] [IDLE ms] [TIME "
               "unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
     .summary = "Gives pending entries to another consumer of the group.",
     .complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
     .since = "5.0.0",
     .tips = "nondeterministic_output"},
    {.name = "XPENDING",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xpending,
     .group = "stream",
     .syntax = "key group [[IDLE min-idle-time] start end count [consumer]]",
     .summary = "Tells what was delivered to a group and not acknowledged.",
     .complexity = "O(N) with N being the number of elements returned, so asking for a small "
                   "fixed number of entries per call is O(1)",
     .since = "5.0.0",
     .history = "6.2.0: Added the `IDLE` option and exclusive range intervals.",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_pending_commands() {
  return specs;
}

}  // namespace duplex::commands
