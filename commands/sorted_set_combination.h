// Unions, intersections and differences of sorted sets.
#pragma once

#include "commands/command_context.h"
#include "store/gathered_scores.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace duplex::commands {

enum class Combination : std::uint8_t { union_of_all, intersection, difference };
enum class Aggregate : std::uint8_t { sum, min, max };

// One of the keys: a sorted set, a set (whose members count as 1), or nothing.
struct CombinedInput {
  const store::Entry* entry = nullptr;
  double weight = 1;
};

// Whether the entry may be an input.
bool is_combinable(const store::Entry& entry);

// The members of the result with their scores.
store::GatheredScores combine(Combination combination,
                              Aggregate aggregate,
                              std::span<const CombinedInput> inputs);
// How many members the intersection has, counted up to a limit.
std::size_t count_intersection(std::span<const CombinedInput> inputs, std::size_t limit);

}  // namespace duplex::commands
