// What the families of sorted set commands share: ranges, and how members are answered.
#pragma once

#include "commands/command_context.h"
#include "store/sorted_set.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

enum class WithScores : bool { no, yes };

// "1.5", "(1.5", "-inf": the ends of a range of scores. Answers the error itself.
std::optional<store::ScoreRange> score_range(CommandContext& ctx,
                                             std::string_view min,
                                             std::string_view max);
// "[a", "(a", "-", "+": the ends of a range of texts. Answers the error itself.
std::optional<store::TextRange> text_range(CommandContext& ctx,
                                           std::string_view min,
                                           std::string_view max);
// Both ends included, negative ones counted from the end.
store::RankRange rank_range(std::int64_t start, std::int64_t end, std::size_t size);

// Answers the members of a range; RESP3 puts a member and its score into an array of their own.
void reply_members(CommandContext& ctx,
                   const store::SortedSetView& set,
                   const store::RankRange& range,
                   bool reverse,
                   WithScores with_scores);

// To be called when members of a sorted set were removed: announces that, and erases the key if no
// member is left.
void note_removed(CommandContext& ctx,
                  const store::HashedKey& key,
                  store::Table::Position at,
                  std::string_view event);
// Removes the members of a range and announces that.
void remove_range(CommandContext& ctx,
                  const store::HashedKey& key,
                  store::Table::Position at,
                  const store::RankRange& range,
                  std::string_view event);

// Puts a result in the place of whatever a key held, or removes that if the result is nothing.
// Answers how many members there are.
void store_result(CommandContext& ctx,
                  const store::HashedKey& key,
                  store::EntryPtr result,
                  std::string_view event);

// A count of keys or elements; answers `error` itself if it is no integer of at least `min`.
std::optional<std::int64_t> count_arg(CommandContext& ctx,
                                      std::size_t index,
                                      std::int64_t min,
                                      std::string_view error);

}  // namespace duplex::commands
