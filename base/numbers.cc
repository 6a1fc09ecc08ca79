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
  if (text.empty() || text.size() > float_text_bytes_max) return std::nullopt;
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

}  // namespace

std::optional<std::int64_t> parse_int64(std::string_view text) {
  return parse_integer<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  return parse_integer<std::uint64_t>(text);
}

std::optional<double> parse_double(std::string_view text) {
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
  // Integral values in the exact range are written without exponent.
  constexpr double exact_max = 9007199254740992.0;
  if (value == std::trunc(value) && std::fabs(value) < exact_max) {
    if (value == 0 && std::signbit(value)) return "-0";
    return fmt::format_int(static_cast<std::int64_t>(value)).str();
  }
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc() ? std::string(text, end) : std::string();
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
