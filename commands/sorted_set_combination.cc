// Unions, intersections and differences of sorted sets.
#include "commands/sorted_set_combination.h"

#include "base/hash.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::GatheredScores;
using store::SortedSetView;

// What members of a set count as.
constexpr double set_score = 1;

bool is_set(const store::Entry& entry) {
  return entry.type() == store::ValueType::set;
}

// Calls visit(text, hash, score) for the members of an input until it answers false.
template <typename Visit>
void for_each_member(const CombinedInput& input, Visit&& visit) {
  if (input.entry == nullptr) return;
  bool go_on = true;
  const auto take = [&](std::string_view text, double score) {
    if (go_on) go_on = visit(text, base::hash_bytes(text), score);
  };
  if (is_set(*input.entry))
    store::SetView(*input.entry).for_each([&](std::string_view text) { take(text, set_score); });
  else
    SortedSetView(*input.entry).visit_all(take);
}

std::optional<double> score_in(const CombinedInput& input,
                               std::string_view text,
                               std::uint64_t hash) {
  if (input.entry == nullptr) return std::nullopt;
  if (!is_set(*input.entry)) return SortedSetView(*input.entry).score(text, hash);
  return store::SetView(*input.entry).contains(text) ? std::optional(set_score) : std::nullopt;
}

double aggregated(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::sum:
      break;
    case Aggregate::min:
      return b < a ? b : a;
    case Aggregate::max:
      return b > a ? b : a;
  }
  // Infinities of both signs are nothing together.
  const double sum = a + b;
  return std::isnan(sum) ? 0 : sum;
}

double weighted(double weight, double score) {
  const double product = weight * score;
  return std::isnan(product) ? 0 : product;
}

void unite(Aggregate aggregate, std::span<const CombinedInput> inputs, GatheredScores& result) {
  for (const CombinedInput& input : inputs) {
    for_each_member(input, [&](std::string_view text, std::uint64_t hash, double score) {
      const double value = weighted(input.weight, score);
      if (store::ScoredMember* member = result.find(text, hash))
        member->change_score(aggregated(aggregate, member->score(), value));
      else
        result.add(text, hash, value);
      return true;
    });
  }
}

// Calls take(text, hash, score) for the members of the intersection until it answers false.
template <typename Take>
void intersect(Aggregate aggregate, std::span<const CombinedInput> inputs, const Take& take) {
  for_each_member(inputs[0], [&](std::string_view text, std::uint64_t hash, double score) {
    double value = weighted(inputs[0].weight, score);
    for (const CombinedInput& other : inputs.subspan(1)) {
      const auto found = other.entry == inputs[0].entry ? score : score_in(other, text, hash);
      if (!found) return true;
      value = aggregated(aggregate, value, other.weight * *found);
    }
    return take(text, hash, value);
  });
}

void subtract(std::span<const CombinedInput> inputs, GatheredScores& result) {
  const auto others = inputs.subspan(1);
  for_each_member(inputs[0], [&](std::string_view text, std::uint64_t hash, double score) {
    const bool elsewhere = std::ranges::any_of(others, [&](const CombinedInput& other) {
      return other.entry == inputs[0].entry || score_in(other, text, hash);
    });
    if (!elsewhere) result.add(text, hash, score);
    return true;
  });
}

std::size_t size_of(const CombinedInput& input) {
  if (input.entry == nullptr) return 0;
  return is_set(*input.entry) ? store::SetView(*input.entry).size()
                              : SortedSetView(*input.entry).size();
}

// From the smallest to the largest: the order in which scores are added up can be seen.
std::vector<CombinedInput> by_size(std::span<const CombinedInput> inputs) {
  std::vector<CombinedInput> sorted(inputs.begin(), inputs.end());
  std::ranges::stable_sort(sorted, {}, size_of);
  return sorted;
}

}  // namespace

bool is_combinable(const store::Entry& entry) {
  return is_set(entry) || entry.type() == store::ValueType::sorted_set;
}

GatheredScores combine(Combination combination,
                       Aggregate aggregate,
                       std::span<const CombinedInput> inputs) {
  GatheredScores result;
  switch (combination) {
    case Combination::union_of_all:
      unite(aggregate, by_size(inputs), result);
      break;
    case Combination::intersection:
      intersect(
          aggregate, by_size(inputs), [&](std::string_view text, std::uint64_t hash, double score) {
            result.add(text, hash, score);
            return true;
          });
      break;
    case Combination::difference:
      subtract(inputs, result);
      break;
  }
  return result;
}

std::size_t count_intersection(std::span<const CombinedInput> inputs, std::size_t limit) {
  std::size_t count = 0;
  intersect(Aggregate::sum, by_size(inputs), [&](std::string_view, std::uint64_t, double) {
    return ++count < limit;
  });
  return count;
}

}  // namespace duplex::commands
