// The values of directives as text: reading them with Redis's complaints, writing them back.
#include "server/config_values.h"

#include "base/numbers.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace duplex::server {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};

constexpr Unit units[] = {{"", 1},
                          {"b", 1},
                          {"k", 1000},
                          {"kb", 1 << 10},
                          {"m", 1000 * 1000},
                          {"mb", 1 << 20},
                          {"g", 1000 * 1000 * 1000},
                          {"gb", 1 << 30}};

std::string one_of(std::span<const std::string_view> choices) {
  return fmt::format("argument(s) must be one of the following: {}", fmt::join(choices, ", "));
}

std::expected<std::int64_t, std::string> parse_octal(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (failure != std::errc() || end != text.data() + text.size())
    return std::unexpected("argument couldn't be parsed as an octal number");
  return value;
}

std::expected<std::int64_t, std::string> parse_percent(std::string_view text) {
  const auto value = base::parse_int64(text.substr(0, text.size() - 1));
  if (!value || *value < 0) return std::unexpected("argument must be a memory or percent value");
  if (*value > 100) return std::unexpected("percentage argument must be less or equal to 100");
  return -*value;
}

std::expected<std::string, std::string> canonical_choices(const Shape& shape, Words words) {
  std::vector<bool> chosen(shape.choices.size());
  const std::vector<std::string> list = words_of_list(words);
  if (list.empty()) return std::unexpected(one_of(shape.choices));
  for (const std::string& word : list) {
    const auto value = parse_choice(shape, word);
    if (!value) return std::unexpected(value.error());
    chosen[static_cast<std::size_t>(*value)] = true;
  }
  std::vector<std::string> result;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) result.emplace_back(shape.choices[i]);
  std::string value = joined(result);
  if (shape.check)
    if (const std::string_view reason = shape.check(value); !reason.empty())
      return std::unexpected(std::string(reason));
  return value;
}

}  // namespace

std::expected<bool, std::string> parse_yes_no(std::string_view text) {
  if (base::equals_ignoring_case(text, "yes")) return true;
  if (base::equals_ignoring_case(text, "no")) return false;
  return std::unexpected("argument must be 'yes' or 'no'");
}

std::expected<std::int64_t, std::string> parse_memory(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + digits, count);
  const Unit* unit = std::ranges::find_if(units, [&](const Unit& candidate) {
    return base::equals_ignoring_case(candidate.name, text.substr(digits));
  });
  if (digits == 0 || failure != std::errc() || unit == std::end(units) ||
      count > std::numeric_limits<std::int64_t>::max() / unit->bytes)
    return std::unexpected("argument must be a memory value");
  return count * unit->bytes;
}

std::expected<std::int64_t, std::string> parse_number(const Shape& shape, std::string_view text) {
  std::expected<std::int64_t, std::string> value;
  switch (shape.kind) {
    case Kind::octal:
      value = parse_octal(text);
      break;
    case Kind::memory:
      value = parse_memory(text);
      break;
    case Kind::memory_or_percent:
      if (text.ends_with('%')) return parse_percent(text);
      value = parse_memory(text);
      if (!value) value = std::unexpected("argument must be a memory or percent value");
      break;
    default:
      if (const auto number = base::parse_int64(text))
        value = *number;
      else
        value = std::unexpected("argument couldn't be parsed into an integer");
  }
  if (!value || (*value >= shape.min && *value <= shape.max)) return value;
  if (shape.kind == Kind::octal)
    return std::unexpected(
        fmt::format("argument must be between {:o} and {:o} inclusive", shape.min, shape.max));
  return std::unexpected(
      fmt::format("argument must be between {} and {} inclusive", shape.min, shape.max));
}

std::expected<int, std::string> parse_choice(const Shape& shape, std::string_view text) {
  for (std::size_t i = 0; i < shape.choices.size(); ++i)
    if (base::equals_ignoring_case(shape.choices[i], text)) return static_cast<int>(i);
  return std::unexpected(one_of(shape.choices));
}

Outcome parse_text(const Shape& shape, std::string_view text) {
  if (!shape.check) return {};
  const std::string_view reason = shape.check(text);
  if (reason.empty()) return {};
  return std::unexpected(std::string(reason));
}

std::expected<std::string, std::string> canonical_value(const Shape& shape, Words words) {
  if (shape.kind == Kind::words) {
    const auto list = parse_list(words);
    if (!list) return std::unexpected(list.error());
    return joined(*list);
  }
  if (shape.kind == Kind::choices) return canonical_choices(shape, words);
  if (words.size() != 1) return std::unexpected(std::string(wrong_number_of_arguments));
  if (shape.kind == Kind::yes_no) {
    const auto value = parse_yes_no(words[0]);
    if (!value) return std::unexpected(value.error());
    return *value ? "yes" : "no";
  }
  if (shape.kind == Kind::choice) {
    const auto value = parse_choice(shape, words[0]);
    if (!value) return std::unexpected(value.error());
    return std::string(shape.choices[static_cast<std::size_t>(*value)]);
  }
  if (shape.kind == Kind::text) {
    if (const Outcome outcome = parse_text(shape, words[0]); !outcome)
      return std::unexpected(outcome.error());
    return words[0];
  }
  const auto value = parse_number(shape, words[0]);
  if (!value) return std::unexpected(value.error());
  return format_number(shape, *value);
}

std::string format_number(const Shape& shape, std::int64_t value) {
  if (shape.kind == Kind::octal) return fmt::format("{:o}", value);
  if (shape.kind == Kind::memory_or_percent && value < 0) return fmt::format("{}%", -value);
  return std::to_string(value);
}

std::string format_memory_with_unit(std::int64_t bytes) {
  for (const std::string_view name : {"gb", "mb", "kb"}) {
    const Unit* unit = std::ranges::find(units, name, &Unit::name);
    if (bytes != 0 && bytes % unit->bytes == 0)
      return fmt::format("{}{}", bytes / unit->bytes, name);
  }
  return std::to_string(bytes);
}

std::vector<std::string> words_of_list(Words words) {
  if (words.size() != 1) return {words.begin(), words.end()};
  std::vector<std::string> result;
  std::string_view rest = words[0];
  if (rest.empty()) return result;
  while (true) {
    const std::size_t blank = rest.find(' ');
    result.emplace_back(rest.substr(0, blank));
    if (blank == std::string_view::npos) return result;
    rest.remove_prefix(blank + 1);
  }
}

std::expected<std::vector<std::string>, std::string> parse_list(Words words) {
  std::vector<std::string> list = words_of_list(words);
  for (const std::string& word : list)
    if (word.empty() || word.find_first_of(" \t\n\r\v\f") != std::string::npos)
      return std::unexpected("the words of a list may not be empty or contain blanks");
  return list;
}

std::string joined(std::span<const std::string> words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        result.push_back('\\');
        result.push_back(c);
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      default:
        if (c >= ' ' && c <= '~')
          result.push_back(c);
        else
          result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  result.push_back('"');
  return result;
}

}  // namespace duplex::server
