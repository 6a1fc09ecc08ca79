// A small sorted set: a listpack of members, each followed by its score, in order.
#include "store/packed_scores.h"

#include "base/numbers.h"

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

namespace duplex::store {

namespace {

// Up to here every integer is a double.
constexpr double exact_integer_max = 4503599627370496.0;

// Inserts a score before a position, or appends it.
void put_score(Listpack& list, std::size_t before, double score) {
  const auto put = [&](const auto& element) {
    if (before == Listpack::none)
      list.append(element);
    else
      list.insert_before(before, element);
  };
  if (std::fabs(score) <= exact_integer_max && std::trunc(score) == score)
    put(static_cast<std::int64_t>(score));
  else
    put(std::string_view(base::format_double(score)));
}

}  // namespace

std::size_t PackedScoresView::rank(std::size_t at) const {
  std::size_t rank = 0;
  for (std::size_t other = first(); other != at; other = next(other))
    ++rank;
  return rank;
}

std::optional<double> PackedScoresView::parse_score(const ListpackItem& item) {
  if (item.is_integer()) return static_cast<double>(item.integer);
  double score = 0;
  const char* const end = item.bytes + item.bytes_size;
  const auto [parsed, error] = std::from_chars(item.bytes, end, score);
  if (error != std::errc{} || parsed != end || std::isnan(score)) return std::nullopt;
  return score;
}

double PackedScoresView::score_of(const ListpackItem& item) {
  if (item.is_integer()) [[likely]]
    return static_cast<double>(item.integer);
  return *parse_score(item);
}

void insert_scored(Listpack& list, std::string_view text, double score) {
  const PackedScoresView members(list.blob().data());
  const auto is_before = [&](std::string_view other, double other_score) {
    return other_score < score || (other_score == score && other < text);
  };
  std::size_t place = Listpack::none;
  if (!list.is_empty()) {
    // Members often come in their order.
    char scratch[base::int64_digits_max];
    const std::size_t last = members.last();
    if (!is_before(members.text(last, scratch), members.score(last)))
      members.count_while(is_before, &place);
  }
  if (place == Listpack::none) {
    list.append(text);
    put_score(list, Listpack::none, score);
    return;
  }
  // The score first: the text then goes before it, to the same position.
  put_score(list, place, score);
  list.insert_before(place, text);
}

}  // namespace duplex::store
