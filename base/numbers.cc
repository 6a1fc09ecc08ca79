// Numbers as the protocol writes and reads them.
#include "base/numbers.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace duplex::base {

namespace {

// Longer than any text of a number that strtold could need; longer input is refused.
constexpr std::size_t float_text_bytes_max = 5 * 1024;

template <typename Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  if (text.empty() || text.size() > int64_digits_max) return std::nullopt;
  const std::size_t digits = text[0] == '-' ? 1 : 0;
  if (digits == text.size()) return std::nullopt;
  if (text[digits] == '0' && text.size() > 1) return std::nullopt;
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

template <typename Float, Float (*convert)(const char*, char**)>
std::optional<Float> parse_float(std::string_view text) {
  if (text.empty() || text.size() >= float_text_bytes_max) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const Float value = convert(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size()) return std::nullopt;
  if (std::isnan(value)) return std::nullopt;
  const bool overflow = errno == ERANGE && (std::isinf(value) || std::fpclassify(value) == FP_ZERO);
  if (overflow) return std::nullopt;
  return value;
}

// Turns "d.ddde-XX" into the form that Redis gives the same digits: without exponent where few
// zeros are needed, with one as short as possible elsewhere.
std::string laid_out(std::string_view scientific) {
  constexpr int zeros_behind_max = 7;   // of a large number
  constexpr int decimals_max = 6;       // however small the number is
  constexpr int small_exponent_max = 3; // with any number of decimals
  const std::size_t e = scientific.find('e');
  std::string digits(scientific.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);
  int exponent = 0;
  std::string_view exponent_text = scientific.substr(e + 1);
  if (exponent_text[0] == '+') exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  const int count = static_cast<int>(digits.size());
  const int decimals = count - 1 - exponent;
  if (decimals <= 0 && -decimals <= zeros_behind_max)
    return digits.append(static_cast<std::size_t>(-decimals), '0');
  if (decimals > 0 && (decimals <= decimals_max || std::abs(exponent) <= small_exponent_max)) {
    if (decimals < count) return digits.insert(static_cast<std::size_t>(count - decimals), 1, '.');
    return std::string("0.").append(static_cast<std::size_t>(decimals - count), '0').append(digits);
  }
  if (count > 1) digits.insert(1, 1, '.');
  return fmt::format("{}e{}{}", digits, exponent < 0 ? '-' : '+', std::abs(exponent));
}

}  // namespace

std::optional<std::int64_t> parse_int64(std::string_view text) {
  return parse_integer<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  return parse_integer<std::uint64_t>(text);
}

std::optional<double> parse_double(std::string_view text) {
  // Nearly all numbers are of a form that is read faster; strtod decides about the others.
  constexpr std::size_t usual_bytes_max = 64;
  if (text.size() <= usual_bytes_max) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && parsed == end && std::isfinite(value)) return value;
  }
  return parse_float<double, std::strtod>(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_float<long double, std::strtold>(text);
}

std::size_t write_int64(std::int64_t value, char* out) {
  const fmt::format_int text(value);
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  // Integral values are written without exponent up to half of the range of 64 bits.
  constexpr double integral_max = 4611686018427387904.0;
  if (value == std::trunc(value) && std::fabs(value) <= integral_max)
    return fmt::format_int(static_cast<std::int64_t>(value)).str();
  char text[32];
  const char* const end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  std::string sign(value < 0 ? 1 : 0, '-');
  return sign.append(laid_out({text, static_cast<std::size_t>(end - text)}));
}

std::string format_long_double(long double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // The largest long double has 4933 digits before the point.
  char text[float_text_bytes_max];
  const int length = std::snprintf(text, sizeof text, "%.17Lf", value);
  std::string_view trimmed(text, static_cast<std::size_t>(length));
  if (trimmed.find('.') != std::string_view::npos) {
    trimmed.remove_suffix(trimmed.size() - 1 - trimmed.find_last_not_of('0'));
    if (trimmed.back() == '.') trimmed.remove_suffix(1);
  }
  if (trimmed == "-0") return "0";
  return std::string(trimmed);
}

}  // namespace duplex::base
