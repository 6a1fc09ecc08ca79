// A sorted set in an entry, whichever way it is kept.
#pragma once

#include "base/hash.h"
#include "store/entry.h"
#include "store/listpack.h"
#include "store/packed_scores.h"
#include "store/ranked_members.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::store {

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool min_excluded = false;
  bool max_excluded = false;
};

// An end of a range of texts.
struct TextBound {
  enum class Kind : std::uint8_t { lowest, text, highest };

  Kind kind = Kind::text;
  std::string_view text{};
  bool excluded = false;
};
struct TextRange {
  TextBound min;
  TextBound max;
};

// Neighbours in the order of a sorted set.
struct RankRange {
  std::size_t first = 0;
  std::size_t count = 0;

  // The same members counted from the other end of a set of `size`.
  RankRange reversed(std::size_t size) const { return {size - first - count, count}; }
  friend bool operator==(const RankRange&, const RankRange&) = default;
};

// Small ones are a listpack of members and scores in order, large ones RankedMembers. A view for
// reading: it costs nothing to make.
//
// Thread: under the lock of the entry's shard.
class SortedSetView {
 public:
  // What find() found. Valid until the next change.
  struct Place {
    bool is_there = false;
    double score = 0;

   private:
    friend class SortedSetView;
    friend class SortedSet;
    std::uint64_t hash = 0;
    std::size_t at = 0;                     // in the listpack
    RankedMembers::Index::Position slot{};  // or in the index
  };

  // Requires: the entry holds a sorted set.
  explicit SortedSetView(const Entry& entry) : entry_(&entry) {}

  std::size_t size() const { return is_packed() ? packed().size() : ranked().size(); }
  bool is_empty() const { return size() == 0; }

  Place find(std::string_view text) const { return find(text, hash_for(text)); }
  // The same for a caller who knows base::hash_bytes(text).
  Place find(std::string_view text, std::uint64_t hash) const;
  std::optional<double> score(std::string_view text) const { return score(text, hash_for(text)); }
  std::optional<double> score(std::string_view text, std::uint64_t hash) const {
    const Place place = find(text, hash);
    return place.is_there ? std::optional(place.score) : std::nullopt;
  }
  // How many members stand before this one. Requires: it is there.
  std::size_t rank(const Place& place) const;

  RankRange find(const ScoreRange& range) const;
  // Requires, for a result that makes sense: all members have the same score.
  RankRange find(const TextRange& range) const;

  // Calls visit(text, score) for the members of a range, the last one first if `reverse`. The text
  // is valid during the call. Requires: the range is within the set.
  template <typename Visit>
  void visit(const RankRange& range, bool reverse, Visit&& visit) const;
  template <typename Visit>
  void visit_all(Visit&& visit_one) const {
    visit({0, size()}, false, visit_one);
  }
  // Visits members from a cursor on, as PageTable::scan(); small sets at once.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const;

  // The listpack's bytes; nothing if it is kept otherwise.
  std::optional<std::string_view> packed_bytes() const;
  // Whether a valid listpack holds members and scores, in order, none of them twice.
  static bool is_sorted_set(const ListpackView& members);

 protected:
  bool is_packed() const { return entry_->encoding() == Encoding::listpack; }
  std::uint64_t hash_for(std::string_view text) const {
    return is_packed() ? 0 : base::hash_bytes(text);
  }
  PackedScoresView packed() const { return PackedScoresView(entry_->collection()); }
  const RankedMembers& ranked() const {
    return *static_cast<const RankedMembers*>(entry_->collection());
  }

 private:
  const Entry* entry_;
};

// The same for changing.
// Requires everywhere: texts given do not lie in the sorted set. Scores are never NaN.
class SortedSet : public SortedSetView {
 public:
  explicit SortedSet(Entry& entry) : SortedSetView(entry), entry_(&entry) {}
  static EntryPtr make(std::string_view key, std::int64_t expiry_ms);
  // Takes over a listpack that is_sorted_set(). It is converted if it is larger than sorted sets
  // are kept packed.
  static EntryPtr from_packed(std::string_view key, Listpack members, std::int64_t expiry_ms);

  // Requires: find(text) gave `place`, and the member is not there.
  void add(std::string_view text, double score, const Place& place);
  // Gives a member another score. Requires: find(text) gave `place`, and the member is there.
  void change(std::string_view text, double score, const Place& place);
  // Adds the member or changes its score.
  void put(std::string_view text, double score);
  // Requires: the member is there.
  void erase(const Place& place);
  // Requires: the range is within the set.
  void erase(const RankRange& range);

 private:
  RankedMembers& ranked() const { return *static_cast<RankedMembers*>(entry_->collection()); }
  // Calls change(Listpack&) and keeps the block that comes out of it.
  template <typename Change>
  void change_packed(Change&& change);
  bool fits_packed(std::string_view text) const;
  void convert();

  Entry* entry_;
};

template <typename Visit>
void SortedSetView::visit(const RankRange& range, bool reverse, Visit&& visit) const {
  if (range.count == 0) return;
  const std::size_t start = reverse ? range.first + range.count - 1 : range.first;
  if (is_packed()) {
    const PackedScoresView members = packed();
    std::size_t at = members.at(start);
    char scratch[base::int64_digits_max];
    for (std::size_t left = range.count; left > 0; --left) {
      visit(members.text(at, scratch), members.score(at));
      at = reverse ? members.previous(at) : members.next(at);
    }
    return;
  }
  auto at = ranked().tree().at(start);
  for (std::size_t left = range.count; left > 0; --left) {
    const ScoredMember* member = at.member();
    visit(member->text(), member->score());
    if (reverse)
      at.previous();
    else
      at.next();
  }
}

template <typename Visit>
std::uint64_t SortedSetView::scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  if (is_packed()) {
    visit_all(visit);
    return 0;
  }
  return ranked().index().scan(cursor, count, [&](const ScoredSlot& slot) {
    visit(slot.member()->text(), slot.member()->score());
  });
}

}  // namespace duplex::store
