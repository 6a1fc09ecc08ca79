// Numbers as the protocol writes and reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::base {

// The longest text of a 64-bit integer, sign included.
inline constexpr std::size_t int64_digits_max = 20;

// Reads a 64-bit integer in its one canonical form: no '+', no spaces, no leading zeros, no "-0".
std::optional<std::int64_t> parse_int64(std::string_view text);

// The same for values above the signed range (SCAN cursors, client ids).
std::optional<std::uint64_t> parse_uint64(std::string_view text);

// Reads a double as strtod does, the whole text, no leading space; "inf" in any case, no NaN.
std::optional<double> parse_double(std::string_view text);

// Reads the long double of INCRBYFLOAT under the same rules.
std::optional<long double> parse_long_double(std::string_view text);

// Writes `value` in decimal to `out`, which has int64_digits_max bytes of room; returns the length.
std::size_t write_int64(std::int64_t value, char* out);

// The shortest text that reads back as `value`, as RESP3 doubles and scores are written
// ("inf", "-inf", "nan", "3.1", "1e+20").
std::string format_double(double value);

// The text INCRBYFLOAT stores: 17 decimals, trailing zeros removed, never an exponent.
std::string format_long_double(long double value);

}  // namespace duplex::base
