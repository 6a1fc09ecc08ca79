// What the commands of streams have in common: ids as text, entries as replies, groups by name.
#pragma once

#include "commands/command_context.h"
#include "store/stream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

namespace errors {
inline constexpr std::string_view invalid_stream_id =
    "ERR Invalid stream ID specified as stream command argument";
}  // namespace errors

// An id as it stands in an argument; "5" and, where that is allowed, "5-*" have no number.
struct ParsedStreamId {
  store::StreamId id;
  bool has_sequence = true;
  bool wants_sequence = false;  // "5-*"
};
std::optional<ParsedStreamId> parse_stream_id(std::string_view text);

// The same with a number for ids that have none; answers the error itself.
std::optional<store::StreamId> stream_id_arg(CommandContext& ctx,
                                             std::string_view text,
                                             std::uint64_t missing_sequence = 0);
// An end of a range: "-", "+", an id, or an id that is excluded: "(5-1". Answers the error itself.
enum class RangeEnd : std::uint8_t { first, last };
std::optional<store::StreamId> range_end_arg(CommandContext& ctx,
                                             std::string_view text,
                                             RangeEnd end);

std::string stream_id_text(const store::StreamId& id);
void reply_stream_id(resp::ReplyWriter& reply, const store::StreamId& id);
// The id, and an array of fields and values.
void reply_stream_entry(resp::ReplyWriter& reply, const store::StreamEntry& entry);
// Answers the entry with an id; returns whether there is one.
bool reply_stream_entry(resp::ReplyWriter& reply,
                        const store::StreamData& stream,
                        const store::StreamId& id);

// nullptr if there is no such group.
store::StreamGroup* find_group(store::StreamData& stream, std::string_view name);

// A group of the command's key for writing. Answers WRONGTYPE, or the NOGROUP of XCLAIM and others.
struct GroupPlace {
  store::StreamData* stream = nullptr;
  store::StreamGroup* group = nullptr;
};
bool find_group_arg(CommandContext& ctx, GroupPlace& place);
// The same for reading.
bool read_group_arg(CommandContext& ctx, GroupPlace& place);

// The consumer, made and announced if there is none; notes that it was seen.
store::StreamConsumer& consumer_of(CommandContext& ctx,
                                   const store::HashedKey& key,
                                   std::string_view group_name,
                                   store::StreamGroup& group,
                                   std::string_view name);
// Logs that an entry is pending as it is now.
void claim_effect(CommandContext& ctx,
                  const store::HashedKey& key,
                  std::string_view group_name,
                  const store::StreamGroup& group,
                  const store::StreamId& id,
                  const store::PendingEntry& entry);
// Logs where a group has read up to.
void group_id_effect(CommandContext& ctx,
                     const store::HashedKey& key,
                     std::string_view group_name,
                     const store::StreamGroup& group);

}  // namespace duplex::commands
