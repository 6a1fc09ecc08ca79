// A sorted set in an entry, whichever way it is kept.
#include "store/sorted_set.h"

#include "base/hash.h"
#include "store/packed_limits.h"

#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

namespace duplex::store {

namespace {

bool packed_limits_allow(std::size_t members) {
  return static_cast<std::int64_t>(members) <= packed_limits().zset_entries;
}

bool packed_limits_allow(std::string_view text) {
  return static_cast<std::int64_t>(text.size()) <= packed_limits().zset_value;
}

// What precedes a bound, by score and by text.
struct Below {
  double bound;
  bool operator()(std::string_view, double score) const { return score < bound; }
};
struct UpTo {
  double bound;
  bool operator()(std::string_view, double score) const { return score <= bound; }
};
struct TextBelow {
  std::string_view bound;
  bool operator()(std::string_view text, double) const { return text < bound; }
};
struct TextUpTo {
  std::string_view bound;
  bool operator()(std::string_view text, double) const { return text <= bound; }
};

RankRange between(std::size_t first, std::size_t end) {
  return {first, end > first ? end - first : 0};
}

}  // namespace

EntryPtr SortedSet::make(std::string_view key, std::int64_t expiry_ms) {
  return Entry::make_collection(
      key, ValueType::sorted_set, Encoding::listpack, Listpack().release(), expiry_ms);
}

SortedSetView::Place SortedSetView::find(std::string_view text, std::uint64_t hash) const {
  Place place;
  if (is_packed()) {
    const PackedScoresView members = packed();
    place.at = members.find(text);
    place.is_there = place.at != PackedScoresView::none;
    if (place.is_there) place.score = members.score(place.at);
    return place;
  }
  place.hash = hash;
  place.slot = ranked().find(text, place.hash);
  place.is_there = static_cast<bool>(place.slot);
  if (place.is_there) place.score = place.slot.slot->member()->score();
  return place;
}

std::size_t SortedSetView::rank(const Place& place) const {
  if (is_packed()) return packed().rank(place.at);
  return ranked().tree().rank(place.slot.slot->member());
}

template <typename Change>
void SortedSet::change_packed(Change&& change) {
  Listpack list = Listpack::adopt(entry_->collection());
  change(list);
  entry_->change_collection(Encoding::listpack, list.release());
}

bool SortedSet::fits_packed(std::string_view text) const {
  const PackedScoresView members = packed();
  return packed_limits_allow(text) && packed_limits_allow(members.size() + 1) &&
         members.list().bytes() + text.size() < Listpack::bytes_max;
}

void SortedSet::convert() {
  auto members = std::make_unique<RankedMembers>();
  visit_all([&](std::string_view text, double score) {
    members->insert(score, text, base::hash_bytes(text));
  });
  Listpack::destroy(entry_->collection());
  entry_->change_collection(Encoding::skiplist, members.release());
}

void SortedSet::add(std::string_view text, double score, const Place& place) {
  std::uint64_t hash = place.hash;
  if (is_packed()) {
    if (fits_packed(text))
      return change_packed([&](Listpack& list) { insert_scored(list, text, score); });
    convert();
    hash = base::hash_bytes(text);
  }
  ranked().insert(score, text, hash);
}

void SortedSet::change(std::string_view text, double score, const Place& place) {
  if (!is_packed()) return ranked().change_score(place.slot.slot->member(), score);
  change_packed([&](Listpack& list) {
    list.erase(place.at, 2);
    insert_scored(list, text, score);
  });
}

void SortedSet::put(std::string_view text, double score) {
  const Place place = find(text);
  if (!place.is_there)
    add(text, score, place);
  else if (place.score != score)
    change(text, score, place);
}

void SortedSet::erase(const Place& place) {
  if (!is_packed()) return ranked().erase(place.slot, place.hash);
  change_packed([&](Listpack& list) { list.erase(place.at, 2); });
}

void SortedSet::erase(const RankRange& range) {
  if (range.count == 0) return;
  if (!is_packed()) return ranked().erase_range(range.first, range.count);
  change_packed([&](Listpack& list) {
    list.erase(PackedScoresView(list.blob().data()).at(range.first), 2 * range.count);
  });
}

RankRange SortedSetView::find(const ScoreRange& range) const {
  const bool is_nothing = range.min > range.max ||
                          (range.min == range.max && (range.min_excluded || range.max_excluded));
  if (is_nothing) return {};
  if (is_packed()) {
    const PackedScoresView members = packed();
    return between(range.min_excluded ? members.count_while(UpTo{range.min})
                                      : members.count_while(Below{range.min}),
                   range.max_excluded ? members.count_while(Below{range.max})
                                      : members.count_while(UpTo{range.max}));
  }
  const SortedTree& tree = ranked().tree();
  return between(range.min_excluded ? tree.count_up_to(range.min) : tree.count_below(range.min),
                 range.max_excluded ? tree.count_below(range.max) : tree.count_up_to(range.max));
}

RankRange SortedSetView::find(const TextRange& range) const {
  const auto count = [&](const TextBound& bound, bool with_equal) -> std::size_t {
    if (bound.kind == TextBound::Kind::lowest) return 0;
    if (bound.kind == TextBound::Kind::highest) return size();
    if (is_packed())
      return with_equal ? packed().count_while(TextUpTo{bound.text})
                        : packed().count_while(TextBelow{bound.text});
    const SortedTree& tree = ranked().tree();
    return with_equal ? tree.count_up_to(bound.text) : tree.count_below(bound.text);
  };
  return between(count(range.min, range.min.excluded), count(range.max, !range.max.excluded));
}

std::optional<std::string_view> SortedSetView::packed_bytes() const {
  if (!is_packed()) return std::nullopt;
  return packed().list().blob();
}

EntryPtr SortedSet::from_packed(std::string_view key, Listpack members, std::int64_t expiry_ms) {
  EntryPtr entry = Entry::make_collection(
      key, ValueType::sorted_set, Encoding::listpack, members.release(), expiry_ms);
  SortedSet set(*entry);
  bool fits = packed_limits_allow(set.size());
  set.visit_all([&](std::string_view text, double) { fits = fits && packed_limits_allow(text); });
  if (!fits) set.convert();
  return entry;
}

bool SortedSetView::is_sorted_set(const ListpackView& members) {
  if (members.size() % 2 != 0) return false;
  std::unordered_set<std::string> seen;
  std::string last_text;
  double last_score = 0;
  bool is_first = true;
  char scratch[base::int64_digits_max];
  for (std::size_t at = members.first(); at != ListpackView::none; at = members.next(at)) {
    const ListpackItem item = members.item(at);
    const std::string_view text = item.text(scratch);
    at = members.next(at);
    const auto score = PackedScoresView::parse_score(members.item(at));
    if (!score) return false;
    if (!seen.emplace(text).second) return false;
    if (!is_first && (*score < last_score || (*score == last_score && text <= last_text)))
      return false;
    is_first = false;
    last_score = *score;
    last_text = text;
  }
  return true;
}

}  // namespace duplex::store
