// MessagePack to JSON, in one pass over the bytes.
#include "base/numbers.h"
#include "base/utf8.h"
#include "realtime/msgpack.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>

namespace duplex::realtime {

namespace {

// What a Date of JavaScript can hold, from 1970 in both directions.
constexpr double date_ms_max = 8.64e15;
constexpr std::int64_t day_ms = 86'400'000;

struct Day {
  std::int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

// The Gregorian date so many days after 1970-01-01, for more years than std::chrono knows. Years
// begin in March here, so that the leap day is the last one.
Day day_from_epoch(std::int64_t days) {
  days += 719'468;                            // from 0000-03-01
  constexpr std::int64_t era_days = 146'097;  // 400 years
  const std::int64_t era = (days >= 0 ? days : days - era_days + 1) / era_days;
  const std::int64_t of_era = days - era * era_days;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36'524 - of_era / (era_days - 1)) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * of_year + 2) / 153;
  Day day;
  day.day = static_cast<unsigned>(of_year - (153 * month_from_march + 2) / 5 + 1);
  day.month =
      static_cast<unsigned>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  day.year = year_of_era + era * 400 + (day.month <= 2 ? 1 : 0);
  return day;
}

// As Date.toISOString() writes it, in quotes; null if it is no date.
void append_date(std::string& out, double ms_since_epoch) {
  if (!(std::abs(ms_since_epoch) <= date_ms_max)) {
    out += "null";
    return;
  }
  const auto ms = static_cast<std::int64_t>(ms_since_epoch);
  std::int64_t days = ms / day_ms;
  std::int64_t of_day = ms % day_ms;
  if (of_day < 0) {
    --days;
    of_day += day_ms;
  }
  const Day day = day_from_epoch(days);
  const bool is_short = day.year >= 0 && day.year <= 9999;
  const std::string year =
      is_short ? fmt::format("{:04}", day.year)
               : fmt::format("{}{:06}", day.year < 0 ? '-' : '+', std::abs(day.year));
  fmt::format_to(std::back_inserter(out),
                 "\"{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z\"",
                 year,
                 day.month,
                 day.day,
                 of_day / 3'600'000,
                 of_day / 60'000 % 60,
                 of_day / 1000 % 60,
                 of_day % 1000);
}

// Each byte that belongs to no character becomes U+FFFD.
std::string repaired(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(text.size(), 4);
    while (size > 1 && !base::is_utf8(text.substr(0, size)))
      --size;
    if (base::is_utf8(text.substr(0, size)))
      out += text.substr(0, size);
    else
      out += "\xef\xbf\xbd";
    text.remove_prefix(size);
  }
  return out;
}

// Functions answer false when the bytes end too early, make no sense, or reach a limit.
class Reader {
 public:
  Reader(std::string_view bytes, const MsgpackLimits& limits) : bytes_(bytes), limits_(limits) {}

  bool read_all() { return read_value(0) && bytes_.empty(); }
  JsonWithBinary take() { return std::move(out_); }

 private:
  bool take_number(std::size_t count, std::uint64_t& number) {
    if (bytes_.size() < count) return false;
    number = 0;
    for (std::size_t i = 0; i < count; ++i)
      number = number << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(count);
    return true;
  }
  bool take_bytes(std::uint64_t count, std::string_view& bytes) {
    if (bytes_.size() < count) return false;
    bytes = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }

  bool read_value(std::size_t depth) {
    std::uint64_t code = 0;
    if (depth > limits_.depth || out_.json.size() > limits_.json_bytes || !take_number(1, code))
      return false;
    if (code <= 0x7f) return add(code);
    if (code >= 0xe0) return add(static_cast<std::int8_t>(code));
    if (code <= 0x8f) return read_map(code & 0xf, depth);
    if (code <= 0x9f) return read_array(code & 0xf, depth);
    if (code <= 0xbf) return read_string(code & 0x1f);
    return read_coded(static_cast<unsigned>(code), depth);
  }

  bool read_coded(unsigned code, std::size_t depth) {
    std::uint64_t size = 0;
    switch (code) {
      case 0xc0:
        return add_word("null");
      case 0xc2:
        return add_word("false");
      case 0xc3:
        return add_word("true");
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return take_number(std::size_t{1} << (code - 0xc4), size) && read_binary(size);
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return take_number(std::size_t{1} << (code - 0xc7), size) && read_extension(size);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return read_extension(std::uint64_t{1} << (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return take_number(std::size_t{1} << (code - 0xd9), size) && read_string(size);
      case 0xdc:
      case 0xdd:
        return take_number(std::size_t{2} << (code - 0xdc), size) && read_array(size, depth);
      case 0xde:
      case 0xdf:
        return take_number(std::size_t{2} << (code - 0xde), size) && read_map(size, depth);
      default:
        return read_number(code);
    }
  }

  bool read_number(unsigned code) {
    std::uint64_t bits = 0;
    if (code == 0xca) return take_number(4, bits) && add_float(static_cast<std::uint32_t>(bits));
    if (code == 0xcb) return take_number(8, bits) && add_double(std::bit_cast<double>(bits));
    if (code >= 0xcc && code <= 0xcf)
      return take_number(std::size_t{1} << (code - 0xcc), bits) && add(bits);
    if (code < 0xd0 || code > 0xd3) return false;
    const std::size_t bytes = std::size_t{1} << (code - 0xd0);
    if (!take_number(bytes, bits)) return false;
    const std::size_t unused = 64 - 8 * bytes;
    return add(static_cast<std::int64_t>(bits << unused) >> unused);
  }

  bool read_string(std::uint64_t size) {
    std::string_view text;
    if (!take_bytes(size, text)) return false;
    if (base::is_utf8(text))
      append_json_string(out_.json, text);
    else
      append_json_string(out_.json, repaired(text));
    return true;
  }

  bool read_binary(std::uint64_t size) {
    std::string_view bytes;
    if (!take_bytes(size, bytes)) return false;
    fmt::format_to(std::back_inserter(out_.json),
                   R"({{"_placeholder":true,"num":{}}})",
                   out_.attachments.size());
    out_.attachments.emplace_back(bytes);
    return true;
  }

  bool read_array(std::uint64_t count, std::size_t depth) {
    out_.json += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i != 0) out_.json += ',';
      if (!read_value(depth + 1)) return false;
    }
    out_.json += ']';
    return true;
  }

  bool read_map(std::uint64_t pairs, std::size_t depth) {
    out_.json += '{';
    bool is_first = true;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      const std::size_t before = out_.json.size();
      if (!is_first) out_.json += ',';
      if (!read_key()) return false;
      if (skip_undefined()) {
        out_.json.resize(before);
        continue;
      }
      is_first = false;
      out_.json += ':';
      if (!read_value(depth + 1)) return false;
    }
    out_.json += '}';
    return true;
  }

  // A text, or a whole number, which JavaScript makes a text of.
  bool read_key() {
    if (bytes_.empty()) return false;
    const auto code = static_cast<unsigned char>(bytes_.front());
    const bool is_text = (code >= 0xa0 && code <= 0xbf) || (code >= 0xd9 && code <= 0xdb);
    const bool is_number = code <= 0x7f || code >= 0xe0 || (code >= 0xcc && code <= 0xd3);
    if (!is_text && !is_number) return false;
    if (is_text) return read_value(0);
    out_.json += '"';
    if (!read_value(0)) return false;
    out_.json += '"';
    return true;
  }

  bool skip_undefined() {
    if (!bytes_.starts_with(std::string_view("\xd4\0", 2)) || bytes_.size() < 3) return false;
    bytes_.remove_prefix(3);
    return true;
  }

  bool read_extension(std::uint64_t size) {
    std::uint64_t type_bits = 0;
    if (!take_number(1, type_bits) || bytes_.size() < size) return false;
    const auto type = static_cast<std::int8_t>(type_bits);
    if (type == -1 && (size == 4 || size == 8 || size == 12)) return read_timestamp(size);
    if (type == 0) return read_old_extension(size);
    fmt::format_to(std::back_inserter(out_.json), "[{},", type);
    if (!read_binary(size)) return false;
    out_.json += ']';
    return true;
  }

  bool read_timestamp(std::uint64_t size) {
    std::uint64_t first = 0;
    std::uint64_t seconds = 0;
    if (size == 4) {
      if (!take_number(4, seconds)) return false;
      append_date(out_.json, static_cast<double>(seconds) * 1e3);
    } else if (size == 8) {
      if (!take_number(8, first)) return false;
      const auto nanoseconds = static_cast<double>(first >> 34);
      append_date(out_.json, static_cast<double>(first & 0x3'ffff'ffff) * 1e3 + nanoseconds / 1e6);
    } else {
      if (!take_number(4, first) || !take_number(8, seconds)) return false;
      append_date(out_.json,
                  static_cast<double>(static_cast<std::int64_t>(seconds)) * 1e3 +
                      static_cast<double>(first) / 1e6);
    }
    return true;
  }

  // What older writers meant by type 0: undefined, a date in milliseconds, an ArrayBuffer.
  bool read_old_extension(std::uint64_t size) {
    std::uint64_t bits = 0;
    if (size == 1) return take_number(1, bits) && add_word("null");
    if (size != 8) return read_binary(size);
    if (!take_number(8, bits)) return false;
    append_date(out_.json, static_cast<double>(static_cast<std::int64_t>(bits)));
    return true;
  }

  bool add_word(std::string_view word) {
    out_.json += word;
    return true;
  }
  template <typename Integer>
  bool add(Integer number) {
    fmt::format_to(std::back_inserter(out_.json), "{}", static_cast<std::int64_t>(number));
    return true;
  }
  bool add(std::uint64_t number) {
    fmt::format_to(std::back_inserter(out_.json), "{}", number);
    return true;
  }
  bool add_float(std::uint32_t bits) {
    return add_double(static_cast<double>(std::bit_cast<float>(bits)));
  }
  bool add_double(double number) {
    return add_word(std::isfinite(number) ? base::format_double(number) : "null");
  }

  std::string_view bytes_;
  const MsgpackLimits& limits_;
  JsonWithBinary out_;
};

}  // namespace

std::optional<JsonWithBinary> json_from_msgpack(std::string_view bytes,
                                                const MsgpackLimits& limits) {
  Reader reader(bytes, limits);
  if (!reader.read_all()) return std::nullopt;
  return reader.take();
}

}  // namespace duplex::realtime
