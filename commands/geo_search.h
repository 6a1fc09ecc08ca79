// The members of a sorted set whose places are within a shape.
#pragma once

#include "commands/geohash.h"
#include "store/entry.h"
#include "store/sorted_set.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

enum class GeoOrder : std::uint8_t { none, nearest_first, farthest_first };

struct GeoMatch {
  double score;
  double distance;  // from the center, in meters
  GeoPoint point;
  std::size_t text_at;
  std::size_t text_size;
};

// What was found; it does not depend on the sorted set any more.
class GeoMatches {
 public:
  // Requires: limit > 0. The search ends when so many are found.
  GeoMatches(const store::SortedSetView& set, const GeoShape& shape, std::size_t limit);

  std::size_t size() const { return matches_.size(); }
  // Puts the first `count` in order and forgets the others.
  void select(GeoOrder order, std::size_t count);

  std::span<const GeoMatch> all() const { return matches_; }
  std::string_view text(const GeoMatch& match) const {
    return std::string_view(texts_).substr(match.text_at, match.text_size);
  }

 private:
  std::vector<GeoMatch> matches_;
  std::string texts_;
};

}  // namespace duplex::commands
