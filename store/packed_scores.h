// A small sorted set: a listpack of members, each followed by its score, in order.
#pragma once

#include "store/listpack.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace duplex::store {

// A member's place is the position of its text. Scores without fraction are integers, others text.
// Lifetime: until the listpack is changed.
class PackedScoresView {
 public:
  static constexpr std::size_t none = ListpackView::none;

  explicit PackedScoresView(const void* block) : list_(block) {}

  const ListpackView& list() const { return list_; }
  std::size_t size() const { return list_.size() / 2; }

  std::string_view text(std::size_t at, char* scratch) const { return list_.get(at, scratch); }
  double score(std::size_t at) const { return score_of(list_.item(list_.next(at))); }

  std::size_t first() const { return list_.first(); }
  std::size_t next(std::size_t at) const { return list_.next(list_.next(at)); }
  std::size_t previous(std::size_t at) const {
    const std::size_t before = list_.previous(at);
    return before == none ? none : list_.previous(before);
  }
  // The last member. Requires: there is one.
  std::size_t last() const { return list_.previous(list_.last()); }
  std::size_t at(std::size_t rank) const { return list_.at(static_cast<std::int64_t>(rank) * 2); }
  std::size_t find(std::string_view text) const { return list_.find(text, list_.first(), 2); }
  std::size_t rank(std::size_t at) const;

  // How many members come before the first for which `before(text, score)` is false; `place` gets
  // the position of that one.
  template <typename Before>
  std::size_t count_while(const Before& before, std::size_t* place = nullptr) const {
    char scratch[base::int64_digits_max];
    std::size_t count = 0;
    std::size_t at = first();
    while (at != none && before(text(at, scratch), score(at))) {
      at = next(at);
      ++count;
    }
    if (place != nullptr) *place = at;
    return count;
  }

  // A score as an element says it; nothing if it is none.
  static std::optional<double> parse_score(const ListpackItem& item);

 private:
  static double score_of(const ListpackItem& item);

  ListpackView list_;
};

// Requires: as Listpack's.
void insert_scored(Listpack& list, std::string_view text, double score);

}  // namespace duplex::store
