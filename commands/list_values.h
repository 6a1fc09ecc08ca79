// What the commands of lists have in common: ends, elements taken and moved, and their replies.
#pragma once

#include "commands/command_context.h"
#include "store/list.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

// "LEFT" or "RIGHT" in any case; answers the syntax error itself otherwise.
std::optional<store::ListEnd> list_end_arg(CommandContext& ctx, std::string_view text);

void reply_item(resp::ReplyWriter& reply, const store::ListpackItem& item);

// Takes one element from an end of the list at `at` and answers it; the key goes with the last.
void pop_item(CommandContext& ctx,
              const store::HashedKey& key,
              store::Table::Position at,
              store::ListEnd end);

// Takes up to `count` elements from an end and answers an array of them; returns how many.
std::size_t pop_items(CommandContext& ctx,
                      const store::HashedKey& key,
                      store::Table::Position at,
                      store::ListEnd end,
                      std::size_t count);

// LMPOP's arguments from `numkeys` on; the keys are those of the command.
struct MultiPop {
  store::ListEnd end = store::ListEnd::front;
  std::int64_t count = 1;
};
// Answers the error itself.
std::optional<MultiPop> multi_pop_args(CommandContext& ctx, std::size_t numkeys_at);

// What became of taking something from the first list that has it, or from the one that was asked.
enum class Taken : std::uint8_t {
  done,     // answered
  nothing,  // there is nothing to take, and no answer yet
  refused,  // an error was answered
};

// Takes elements from the first of the command's keys that holds any and answers key and elements.
// The effect is an LPOP or RPOP.
Taken pop_from_first(CommandContext& ctx, const MultiPop& pop);

// Moves an element from the command's first key to its second and answers it.
Taken move_item(CommandContext& ctx, store::ListEnd from, store::ListEnd to);

}  // namespace duplex::commands
