// Taking members from an end of a sorted set, as ZMPOP and the blocking commands do.
#pragma once

#include "commands/command_context.h"
#include "store/sorted_set.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

enum class SetEnd : std::uint8_t { min, max };

constexpr std::string_view event_name(SetEnd end) {
  return end == SetEnd::min ? "zpopmin" : "zpopmax";
}

// The `count` members at an end, or as many as there are.
store::RankRange range_at_end(const store::SortedSetView& set, SetEnd end, std::size_t count);

// Answers members and scores one behind the other, without the array around them.
void reply_flat(CommandContext& ctx,
                const store::SortedSetView& set,
                const store::RankRange& range,
                SetEnd end);

// The options of ZMPOP: numkeys key [key …] MIN|MAX [COUNT count].
struct PopOptions {
  SetEnd end = SetEnd::min;
  std::size_t count = 1;
};
// `first` is where the number of keys stands. Answers the error itself.
std::optional<PopOptions> parse_pop(CommandContext& ctx, std::size_t first);

enum class Popped : std::uint8_t { nothing, something, failed };

// Pops from the first of the command's keys that has a sorted set, answers the key and the members,
// and logs that as a pop from this key. Failed: a key holds another type, which is answered.
Popped pop_first(CommandContext& ctx, SetEnd end, std::size_t count);

// As pop_first() for one member; answers the key, the member and the score as one array.
Popped pop_one(CommandContext& ctx, SetEnd end);

}  // namespace duplex::commands
