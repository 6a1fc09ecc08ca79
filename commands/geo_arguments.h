// What geo commands read from their arguments: places, units and lengths.
#pragma once

#include "commands/command_context.h"
#include "commands/geohash.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace duplex::commands {

// The functions that read answer the error themselves.

// A longitude and the latitude behind it.
std::optional<GeoPoint> geo_point_arg(CommandContext& ctx, std::size_t index);
// How many meters "m", "km", "ft" or "mi" has.
std::optional<double> geo_unit_arg(CommandContext& ctx, std::size_t index);
// A length without its unit; answers `error` if it is no number.
std::optional<double> geo_length_arg(CommandContext& ctx,
                                     std::size_t index,
                                     std::string_view error);

// Distances have four decimals.
void reply_geo_distance(CommandContext& ctx, double distance);
void reply_geo_point(CommandContext& ctx, const GeoPoint& point);

}  // namespace duplex::commands
