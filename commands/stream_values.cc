// What the commands of streams have in common: ids as text, entries as replies, groups by name.
#include "commands/stream_values.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace duplex::commands {

namespace {

using store::HashedKey;
using store::PendingEntry;
using store::StreamConsumer;
using store::StreamData;
using store::StreamEntry;
using store::StreamGroup;
using store::StreamId;

constexpr std::size_t id_bytes_max = 127;

// More than base::parse_uint64() takes: also " 5", "+5" and "007".
std::optional<std::uint64_t> parse_part(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ParsedStreamId> parse_stream_id(std::string_view text) {
  if (text.size() > id_bytes_max) return std::nullopt;
  ParsedStreamId parsed;
  const std::size_t dash = text.find('-');
  const auto ms = parse_part(text.substr(0, dash));
  if (!ms) return std::nullopt;
  parsed.id.ms = *ms;
  parsed.has_sequence = dash != std::string_view::npos;
  if (!parsed.has_sequence) return parsed;
  const std::string_view sequence = text.substr(dash + 1);
  parsed.wants_sequence = sequence == "*";
  if (parsed.wants_sequence) return parsed;
  const auto number = parse_part(sequence);
  if (!number) return std::nullopt;
  parsed.id.sequence = *number;
  return parsed;
}

std::optional<StreamId> stream_id_arg(CommandContext& ctx,
                                      std::string_view text,
                                      std::uint64_t missing_sequence) {
  const auto parsed = parse_stream_id(text);
  if (!parsed || parsed->wants_sequence) {
    ctx.error(errors::invalid_stream_id);
    return std::nullopt;
  }
  if (parsed->has_sequence) return parsed->id;
  return StreamId{parsed->id.ms, missing_sequence};
}

std::optional<StreamId> range_end_arg(CommandContext& ctx, std::string_view text, RangeEnd end) {
  if (text == "-") return StreamId{};
  if (text == "+") return StreamId::highest();
  const bool excluded = text.size() > 1 && text.front() == '(';
  if (excluded) text.remove_prefix(1);
  const bool is_first = end == RangeEnd::first;
  const auto id = stream_id_arg(ctx, text, is_first ? 0 : StreamId::highest().sequence);
  if (!id || !excluded) return id;
  if (is_first ? *id == StreamId::highest() : id->is_zero()) {
    ctx.error(is_first ? "ERR invalid start ID for the interval"
                       : "ERR invalid end ID for the interval");
    return std::nullopt;
  }
  return is_first ? id->next() : id->previous();
}

std::string stream_id_text(const StreamId& id) {
  return fmt::format("{}-{}", id.ms, id.sequence);
}

void reply_stream_id(resp::ReplyWriter& reply, const StreamId& id) {
  char text[2 * base::int64_digits_max + 1];
  const auto end = fmt::format_to_n(text, sizeof text, "{}-{}", id.ms, id.sequence);
  reply.bulk({text, end.size});
}

void reply_stream_entry(resp::ReplyWriter& reply, const StreamEntry& entry) {
  reply.array(2);
  reply_stream_id(reply, entry.id);
  reply.array(2 * entry.field_count);
  char scratch[base::int64_digits_max];
  entry.for_each_field([&](const store::ListpackItem& field, const store::ListpackItem& value) {
    reply.bulk(field.text(scratch));
    reply.bulk(value.text(scratch));
  });
}

bool reply_stream_entry(resp::ReplyWriter& reply, const StreamData& stream, const StreamId& id) {
  bool found = false;
  stream.visit({id, id}, false, [&](const StreamEntry& entry) {
    reply_stream_entry(reply, entry);
    found = true;
    return false;
  });
  return found;
}

StreamGroup* find_group(StreamData& stream, std::string_view name) {
  const auto found = stream.groups.find(name);
  return found == stream.groups.end() ? nullptr : &found->second;
}

namespace {

bool look_up_group(CommandContext& ctx, store::Entry* entry, GroupPlace& place) {
  if (entry != nullptr) {
    place.stream = &*store::Stream(*entry);
    place.group = find_group(*place.stream, ctx.arg(2));
  }
  if (place.group != nullptr) return true;
  ctx.error(fmt::format("NOGROUP No such key '{}' or consumer group '{}'",
                        errors::shown(ctx.arg(1), std::string_view::npos),
                        errors::shown(ctx.arg(2), std::string_view::npos)));
  return false;
}

}  // namespace

bool find_group_arg(CommandContext& ctx, GroupPlace& place) {
  store::Table::Position at;
  if (!ctx.find_type(ctx.key(), store::ValueType::stream, at)) return false;
  return look_up_group(ctx, at ? at.entry() : nullptr, place);
}

bool read_group_arg(CommandContext& ctx, GroupPlace& place) {
  store::Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), store::ValueType::stream, entry)) return false;
  return look_up_group(ctx, entry, place);
}

StreamConsumer& consumer_of(CommandContext& ctx,
                            const HashedKey& key,
                            std::string_view group_name,
                            StreamGroup& group,
                            std::string_view name) {
  StreamConsumer* consumer = group.find_consumer(name);
  if (consumer == nullptr) {
    consumer = &group.add_consumer(name, ctx.now_ms());
    ctx.changed_unwatched(key, Event::stream, "xgroup-createconsumer");
    ctx.effect({"XGROUP", "CREATECONSUMER", key.key, group_name, name});
  }
  // The time of a command that is replayed is not known.
  consumer->seen_ms = std::max(consumer->seen_ms, ctx.now_ms());
  return *consumer;
}

void claim_effect(CommandContext& ctx,
                  const HashedKey& key,
                  std::string_view group_name,
                  const StreamGroup& group,
                  const StreamId& id,
                  const PendingEntry& entry) {
  ctx.effect({"XCLAIM",
              key.key,
              group_name,
              ctx.keep(entry.consumer->name),
              "0",
              ctx.keep(stream_id_text(id)),
              "TIME",
              ctx.keep(std::to_string(entry.delivered_ms)),
              "RETRYCOUNT",
              ctx.keep(std::to_string(entry.deliveries)),
              "FORCE",
              "JUSTID",
              "LASTID",
              ctx.keep(stream_id_text(group.last_id))});
}

void group_id_effect(CommandContext& ctx,
                     const HashedKey& key,
                     std::string_view group_name,
                     const StreamGroup& group) {
  ctx.effect({"XGROUP",
              "SETID",
              key.key,
              group_name,
              ctx.keep(stream_id_text(group.last_id)),
              "ENTRIESREAD",
              ctx.keep(std::to_string(group.entries_read))});
}

}  // namespace duplex::commands
