// Places on the earth as 52-bit numbers: encoding, distances, and the cells that cover a shape.
#include "commands/geohash.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace duplex::commands {

namespace {

constexpr int steps_max = 26;  // bits of each coordinate
constexpr double earth_radius = 6372797.560856;
// Half of the equator on the map.
constexpr double map_half = 20037726.37;
constexpr double radians_per_degree = std::numbers::pi / 180.0;

double radians(double degrees) {
  return degrees * radians_per_degree;
}
double degrees(double radians) {
  return radians / radians_per_degree;
}

// Moves the bits of a number to the even positions of one twice as long.
std::uint64_t spread(std::uint32_t number) {
  std::uint64_t bits = number;
  bits = (bits | (bits << 16)) & 0x0000ffff0000ffffu;
  bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ffu;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0fu;
  bits = (bits | (bits << 2)) & 0x3333333333333333u;
  return (bits | (bits << 1)) & 0x5555555555555555u;
}

// The bits at the even positions.
std::uint32_t gather(std::uint64_t bits) {
  bits &= 0x5555555555555555u;
  bits = (bits | (bits >> 1)) & 0x3333333333333333u;
  bits = (bits | (bits >> 2)) & 0x0f0f0f0f0f0f0f0fu;
  bits = (bits | (bits >> 4)) & 0x00ff00ff00ff00ffu;
  bits = (bits | (bits >> 8)) & 0x0000ffff0000ffffu;
  return static_cast<std::uint32_t>(bits | (bits >> 16));
}

// In which of the 2^steps parts of [-max, max] a coordinate is; the end has a part to itself.
std::uint32_t part_of(double coordinate, double max, int steps) {
  const double portion = (coordinate + max) / (max + max);
  return static_cast<std::uint32_t>(portion * static_cast<double>(1u << steps));
}

double start_of(std::uint64_t part, double max, int steps) {
  return -max + static_cast<double>(part) / static_cast<double>(1u << steps) * (max + max);
}

double middle_of(std::uint32_t part, double max) {
  const std::uint64_t next = std::uint64_t{part} + 1;
  const double middle = (start_of(part, max, steps_max) + start_of(next, max, steps_max)) / 2;
  return std::clamp(middle, -max, max);
}

std::uint64_t encode(const GeoPoint& point, double latitude_max) {
  const std::uint32_t x = part_of(point.longitude, GeoPoint::longitude_max, steps_max);
  const std::uint32_t y = part_of(point.latitude, latitude_max, steps_max);
  return spread(y) | (spread(x) << 1);
}

// Scores that no encoding gave have a place as well: what x86 converts them to, which is what
// clients have seen.
std::uint64_t bits_of(double score) {
  if (score >= 0x1p64) return 0;
  if (score >= 0) return static_cast<std::uint64_t>(score);
  if (score < -0x1p63) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
}

double latitude_distance(double from, double to) {
  return earth_radius * std::fabs(radians(to) - radians(from));
}

// A cell of the map when both of its sides are halved `steps` times.
struct Square {
  std::uint32_t x;
  std::uint32_t y;
  int steps;

  // The map is a torus here.
  Square moved(int right, int up) const {
    const std::uint32_t mask = (1u << steps) - 1;
    Square square = *this;
    if (right != 0) square.x = (x + static_cast<std::uint32_t>(right)) & mask;
    if (up != 0) square.y = (y + static_cast<std::uint32_t>(up)) & mask;
    return square;
  }
  double west() const { return start_of(x, GeoPoint::longitude_max, steps); }
  double east() const { return start_of(std::uint64_t{x} + 1, GeoPoint::longitude_max, steps); }
  double south() const { return start_of(y, GeoPoint::latitude_max, steps); }
  double north() const { return start_of(std::uint64_t{y} + 1, GeoPoint::latitude_max, steps); }

  GeoCell cell() const {
    const std::uint64_t bits = spread(y) | (spread(x) << 1);
    const int missing = 2 * (steps_max - steps);
    return {bits << missing, (bits + 1) << missing};
  }
  friend bool operator==(const Square&, const Square&) = default;
};

Square square_at(const GeoPoint& point, int steps) {
  return {part_of(point.longitude, GeoPoint::longitude_max, steps),
          part_of(point.latitude, GeoPoint::latitude_max, steps),
          steps};
}

struct Bounds {
  double west;
  double east;
  double south;
  double north;
};

Bounds bounds_of(const GeoShape& shape) {
  const bool is_circle = shape.kind == GeoShape::Kind::circle;
  const double height = is_circle ? shape.radius : shape.height / 2;
  const double width = is_circle ? shape.radius : shape.width / 2;
  const double latitude = shape.center.latitude;
  const double up = degrees(height / earth_radius);
  // The side nearer to the pole spans more degrees.
  const double widest = latitude < 0 ? latitude - up : latitude + up;
  const double sideways = degrees(width / earth_radius / std::cos(radians(widest)));
  return {.west = shape.center.longitude - sideways,
          .east = shape.center.longitude + sideways,
          .south = latitude - up,
          .north = latitude + up};
}

// How far the map may be divided so that a cell and its neighbours are likely to cover a circle.
int steps_for(double radius, double latitude) {
  if (radius == 0) return steps_max;
  int steps = -1;
  for (; radius < map_half; radius *= 2)
    ++steps;
  // Meridians come closer to each other towards the poles.
  if (std::fabs(latitude) > 66) --steps;
  if (std::fabs(latitude) > 80) --steps;
  return std::clamp(steps, 1, steps_max);
}

bool neighbours_reach(const Square& square, const Bounds& bounds) {
  return square.moved(0, 1).north() >= bounds.north &&
         square.moved(0, -1).south() <= bounds.south && square.moved(1, 0).east() >= bounds.east &&
         square.moved(-1, 0).west() <= bounds.west;
}

}  // namespace

std::uint64_t geo_encode(const GeoPoint& point) {
  return encode(point, GeoPoint::latitude_max);
}

GeoPoint geo_decode(double score) {
  const std::uint64_t bits = bits_of(score);
  return {.longitude = middle_of(gather(bits >> 1), GeoPoint::longitude_max),
          .latitude = middle_of(gather(bits), GeoPoint::latitude_max)};
}

std::string geo_text(double score) {
  constexpr std::string_view alphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  // On the whole globe, unlike the scores.
  const std::uint64_t bits = encode(geo_decode(score), 90);
  std::string text;
  for (int shift = 47; shift >= 0; shift -= 5)
    text += alphabet[(bits >> shift) & 31];
  // 52 bits make ten characters; who asks wants eleven.
  return text += alphabet[0];
}

double geo_distance(const GeoPoint& from, const GeoPoint& to) {
  const double sideways = std::sin((radians(to.longitude) - radians(from.longitude)) / 2);
  if (sideways == 0) return latitude_distance(from.latitude, to.latitude);
  const double from_latitude = radians(from.latitude);
  const double to_latitude = radians(to.latitude);
  const double up = std::sin((to_latitude - from_latitude) / 2);
  const double haversine =
      up * up + std::cos(from_latitude) * std::cos(to_latitude) * sideways * sideways;
  return 2.0 * earth_radius * std::asin(std::sqrt(haversine));
}

bool GeoShape::contains(const GeoPoint& point, double& distance) const {
  if (kind == Kind::box) {
    if (latitude_distance(center.latitude, point.latitude) > height / 2) return false;
    const GeoPoint beside{.longitude = center.longitude, .latitude = point.latitude};
    if (geo_distance(point, beside) > width / 2) return false;
  }
  distance = geo_distance(center, point);
  return kind == Kind::box || distance <= radius;
}

GeoCover::GeoCover(const GeoShape& shape) {
  const Bounds bounds = bounds_of(shape);
  const double radius = shape.kind == GeoShape::Kind::circle
                            ? shape.radius
                            : std::sqrt((shape.width / 2) * (shape.width / 2) +
                                        (shape.height / 2) * (shape.height / 2));
  int steps = steps_for(radius, shape.center.latitude);
  Square middle = square_at(shape.center, steps);
  if (steps > 1 && !neighbours_reach(middle, bounds)) middle = square_at(shape.center, --steps);

  // With fewer cells a neighbour may stand on both sides.
  const bool may_leave_out = steps >= 2;
  const bool without_south = may_leave_out && middle.south() < bounds.south;
  const bool without_north = may_leave_out && middle.north() > bounds.north;
  const bool without_west = may_leave_out && middle.west() < bounds.west;
  const bool without_east = may_leave_out && middle.east() > bounds.east;

  // The order of results that nobody asked to sort.
  struct Move {
    int right;
    int up;
  };
  constexpr Move moves[] = {
      {0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  std::array<Square, 9> taken{};
  for (const Move& move : moves) {
    if ((move.up < 0 && without_south) || (move.up > 0 && without_north) ||
        (move.right < 0 && without_west) || (move.right > 0 && without_east))
      continue;
    const Square square = middle.moved(move.right, move.up);
    const auto end = taken.begin() + static_cast<std::ptrdiff_t>(count_);
    if (std::find(taken.begin(), end, square) != end) continue;
    taken[count_] = square;
    cells_[count_++] = square.cell();
  }
}

}  // namespace duplex::commands
