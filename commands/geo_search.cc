// The members of a sorted set whose places are within a shape.
#include "commands/geo_search.h"

#include <algorithm>

namespace duplex::commands {

namespace {

// How many members are looked at before it is asked whether there are enough.
constexpr std::size_t portion = 64;

}  // namespace

GeoMatches::GeoMatches(const store::SortedSetView& set, const GeoShape& shape, std::size_t limit) {
  const auto note = [&](std::string_view text, double score) {
    const GeoPoint point = geo_decode(score);
    double distance = 0;
    if (matches_.size() >= limit || !shape.contains(point, distance)) return;
    matches_.push_back({.score = score,
                        .distance = distance,
                        .point = point,
                        .text_at = texts_.size(),
                        .text_size = text.size()});
    texts_ += text;
  };
  for (const GeoCell& cell : GeoCover(shape)) {
    store::RankRange range = set.find(store::ScoreRange{.min = static_cast<double>(cell.min),
                                                        .max = static_cast<double>(cell.max),
                                                        .max_excluded = true});
    while (range.count > 0 && matches_.size() < limit) {
      const std::size_t count = std::min(range.count, portion);
      set.visit({range.first, count}, false, note);
      range.first += count;
      range.count -= count;
    }
  }
}

void GeoMatches::select(GeoOrder order, std::size_t count) {
  const auto comes_before = [order](const GeoMatch& a, const GeoMatch& b) {
    return order == GeoOrder::nearest_first ? a.distance < b.distance : a.distance > b.distance;
  };
  count = std::min(count, matches_.size());
  if (order != GeoOrder::none) {
    if (count == matches_.size())
      std::stable_sort(matches_.begin(), matches_.end(), comes_before);
    else
      std::partial_sort(matches_.begin(),
                        matches_.begin() + static_cast<std::ptrdiff_t>(count),
                        matches_.end(),
                        comes_before);
  }
  matches_.resize(count);
}

}  // namespace duplex::commands
