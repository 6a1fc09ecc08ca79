// Appending to a history, in the step in which it is published.
#include "commands/channel_history.h"

#include "commands/command_context.h"
#include "commands/stream_values.h"
#include "store/stream.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace duplex::commands {

namespace {

using store::Stream;
using store::StreamId;
using store::StreamTrim;
using store::Table;

// The stream to append to, made if there is none that can go on; answers the error itself.
bool find_history(CommandContext& ctx, const HistoryRule& rule, Table::Position& at) {
  const store::HashedKey& key = ctx.key();
  at = ctx.find(history_database, key);
  if (at && at.entry()->type() != store::ValueType::stream) {
    ctx.error(errors::wrong_type);
    return false;
  }
  ChannelHistory& history = *ctx.services().history;
  if (at) {
    const StreamId last = Stream(*at.entry())->last_id;
    const bool is_full = last.sequence == StreamId::highest().sequence;
    if (!is_full && !history.may_lack_end(rule, last.ms)) return true;
    ctx.discard(ctx.take(history_database, key, at));
    if (rule.is_logged) ctx.effect(history_database, {"DEL", key.key});
  }
  at = ctx.put(history_database, key, {}, Stream::make(key.key, store::no_expiry));
  Stream(*at.entry())->last_id = {history.new_epoch(ctx.now_ms()), 0};
  return true;
}

// Says that the stream has changed, and until when it stays.
void note_change(CommandContext& ctx,
                 const HistoryRule& rule,
                 Table::Position at,
                 std::span<const std::string_view> effect) {
  const store::HashedKey& key = ctx.key();
  ctx.changed(history_database, key, Event::stream, "xadd");
  const bool had_expiry = at.slot->has_expiry();
  const bool ends = rule.ttl_ms != 0;
  const std::int64_t until_ms = ends ? ctx.now_ms() + rule.ttl_ms : store::no_expiry;
  if (ends || had_expiry) ctx.lock().set_expiry(history_database, key, at, until_ms);
  if (!rule.is_logged) return ctx.no_effect();
  ctx.effect(history_database, effect);
  if (ends)
    ctx.effect(history_database, {"PEXPIREAT", key.key, ctx.keep(std::to_string(until_ms))});
  else if (had_expiry)
    ctx.effect(history_database, {"PERSIST", key.key});
}

// Appends; nothing if an error was answered.
std::optional<StreamId> append(CommandContext& ctx,
                               const HistoryRule& rule,
                               const NewPublication& publication) {
  Table::Position at;
  if (!find_history(ctx, rule, at)) return std::nullopt;
  std::vector<std::string_view> fields = {"d", publication.data};
  if (!publication.info.empty()) fields.insert(fields.end(), {"i", publication.info});
  if (!publication.tags.empty()) fields.insert(fields.end(), {"g", publication.tags});
  const Stream stream(*at.entry());
  const StreamId id = stream->last_id.next();
  stream->append(id, fields);
  StreamTrim trim;
  trim.strategy = StreamTrim::Strategy::length;
  trim.length = rule.size_max;
  stream->trim(trim);
  std::vector<std::string_view> effect = {"XADD",
                                          ctx.key().key,
                                          "MAXLEN",
                                          "=",
                                          ctx.keep(std::to_string(rule.size_max)),
                                          ctx.keep(stream_id_text(id))};
  effect.insert(effect.end(), fields.begin(), fields.end());
  note_change(ctx, rule, at, effect);
  return id;
}

// Why nothing can be added to a history now; empty: it can.
std::string_view refusal(CommandContext& ctx, const NewPublication& publication) {
  if (ctx.settings().loading.load(std::memory_order_relaxed)) return errors::loading;
  if (const std::string_view text = ctx.services().effects.refusal(); !text.empty()) return text;
  const std::size_t bytes =
      publication.data.size() + publication.info.size() + publication.tags.size();
  if (bytes > store::StreamData::entry_bytes_max) return "ERR Elements are too large to be stored";
  return {};
}

}  // namespace

std::uint64_t ChannelHistory::new_epoch(std::int64_t now_ms) {
  std::uint64_t last = last_epoch_.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = std::max(static_cast<std::uint64_t>(now_ms), last + 1);
  } while (!last_epoch_.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return next;
}

std::string history_key(std::string_view channel) {
  constexpr std::string_view prefix = "rt:h:";
  std::string key;
  key.reserve(prefix.size() + channel.size());
  key += prefix;
  key += channel;
  return key;
}

std::optional<Published> publish_on(CommandContext& ctx,
                                    std::string_view channel,
                                    const NewPublication& publication) {
  Published published;
  if (ctx.key_count() != 0) [[unlikely]] {
    const auto rule = ctx.services().history->rule_of(channel);
    if (const std::string_view text = refusal(ctx, publication); !text.empty()) {
      ctx.error(text);
      return std::nullopt;
    }
    const auto id = append(ctx, *rule, publication);
    if (!id) return std::nullopt;
    published.epoch = id->ms;
    published.offset = id->sequence;
  }
  published.receivers = ctx.publish(pubsub::Kind::channel,
                                    channel,
                                    publication.data,
                                    {.epoch = published.epoch,
                                     .offset = published.offset,
                                     .log_position = 0,
                                     .info = std::string(publication.info),
                                     .tags = std::string(publication.tags)});
  ctx.statistics().messages_published.add(1);
  return published;
}

std::optional<StreamId> history_position(CommandContext& ctx, bool make) {
  if (ctx.key_count() == 0) return std::nullopt;
  const auto rule = ctx.services().history->rule_of(ctx.arg(1));
  const store::Entry* entry = ctx.peek(history_database, ctx.key());
  if (entry != nullptr && entry->type() == store::ValueType::stream) {
    const StreamId last = store::StreamView(*entry)->last_id;
    if (!ctx.services().history->may_lack_end(*rule, last.ms)) return last;
  }
  if (!make || !refusal(ctx, {}).empty()) return std::nullopt;
  if (entry != nullptr && entry->type() != store::ValueType::stream) return std::nullopt;
  Table::Position at;
  if (!find_history(ctx, *rule, at)) return std::nullopt;
  const StreamId last = Stream(*at.entry())->last_id;
  // A stream that is empty but has a last id.
  const std::array<std::string_view, 8> effect = {
      "XADD", ctx.key().key, "MAXLEN", "=", "0", ctx.keep(stream_id_text(last)), "d", ""};
  note_change(ctx, *rule, at, effect);
  return last;
}

}  // namespace duplex::commands
