// Places on the earth as 52-bit numbers: encoding, distances, and the cells that cover a shape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace duplex::commands {

struct GeoPoint {
  static constexpr double longitude_max = 180;
  static constexpr double latitude_max = 85.05112878;  // where the square Mercator map ends

  double longitude = 0;
  double latitude = 0;

  bool is_on_map() const {
    return longitude >= -longitude_max && longitude <= longitude_max && latitude >= -latitude_max &&
           latitude <= latitude_max;
  }
};

// The number of a place as the score of a sorted set: the bits of latitude and longitude by turns,
// 26 of each, so that neighbours have similar numbers.
std::uint64_t geo_encode(const GeoPoint& point);
// The middle of what has this number. Any score is the number of some place.
GeoPoint geo_decode(double score);
// The 11 characters that geohash.org knows the place of a score by.
std::string geo_text(double score);

// Meters along the surface of the earth.
double geo_distance(const GeoPoint& from, const GeoPoint& to);

// A circle, or a box whose sides run along meridians and parallels. In meters.
struct GeoShape {
  enum class Kind : std::uint8_t { circle, box };

  GeoPoint center;
  Kind kind = Kind::circle;
  double radius = 0;
  double width = 0;
  double height = 0;

  // Whether the point is within; `distance` is then how far it is from the center.
  bool contains(const GeoPoint& point, double& distance) const;
};

// The scores of a cell: min <= score < max.
struct GeoCell {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

// Up to nine cells without overlaps that hold all of a shape: its center's, and neighbours.
class GeoCover {
 public:
  explicit GeoCover(const GeoShape& shape);

  const GeoCell* begin() const { return cells_.data(); }
  const GeoCell* end() const { return cells_.data() + count_; }

 private:
  std::array<GeoCell, 9> cells_{};
  std::size_t count_ = 0;
};

}  // namespace duplex::commands
