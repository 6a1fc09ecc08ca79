// What geo commands read from their arguments: places, units and lengths.
#include "commands/geo_arguments.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/errors.h"

#include <fmt/format.h>

namespace duplex::commands {

std::optional<GeoPoint> geo_point_arg(CommandContext& ctx, std::size_t index) {
  const auto longitude = base::parse_double(ctx.arg(index));
  const auto latitude = longitude ? base::parse_double(ctx.arg(index + 1)) : std::nullopt;
  if (!latitude) {
    ctx.error(errors::not_a_float);
    return std::nullopt;
  }
  const GeoPoint point{.longitude = *longitude, .latitude = *latitude};
  if (point.is_on_map()) return point;
  ctx.error(fmt::format(
      "ERR invalid longitude,latitude pair {:f},{:f}", point.longitude, point.latitude));
  return std::nullopt;
}

std::optional<double> geo_unit_arg(CommandContext& ctx, std::size_t index) {
  const std::string_view word = ctx.arg(index);
  if (base::equals_ignoring_case(word, "m")) return 1;
  if (base::equals_ignoring_case(word, "km")) return 1000;
  if (base::equals_ignoring_case(word, "ft")) return 0.3048;
  if (base::equals_ignoring_case(word, "mi")) return 1609.34;
  ctx.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

std::optional<double> geo_length_arg(CommandContext& ctx,
                                     std::size_t index,
                                     std::string_view error) {
  const auto length = base::parse_double(ctx.arg(index));
  if (!length) ctx.error(error);
  return length;
}

void reply_geo_distance(CommandContext& ctx, double distance) {
  ctx.reply().bulk(fmt::format("{:.4f}", distance));
}

void reply_geo_point(CommandContext& ctx, const GeoPoint& point) {
  ctx.reply().array(2);
  ctx.reply().long_real(point.longitude);
  ctx.reply().long_real(point.latitude);
}

}  // namespace duplex::commands
