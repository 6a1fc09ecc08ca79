// The values of directives as text: reading them with Redis's complaints, writing them back.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::server {

// Nothing, or the reason why a value is refused, as CONFIG SET and the start-up error show it.
using Outcome = std::expected<void, std::string>;
using Words = std::span<const std::string>;

inline constexpr std::string_view wrong_number_of_arguments = "wrong number of arguments";

enum class Kind : std::uint8_t {
  yes_no,
  integer,
  octal,
  memory,             // 100, 1k, 1kb, 1m, 1mb, 1g, 1gb
  memory_or_percent,  // or 10%, kept as -10
  choice,
  choices,  // several words of a set, as shutdown-on-sigterm takes them
  text,
  words,    // a list of texts
  special,  // has functions of its own
};

// Returns why `value` is refused, or an empty text.
using TextCheck = std::string_view (*)(std::string_view value);

// What the values of a directive look like.
struct Shape {
  Kind kind = Kind::text;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::span<const std::string_view> choices = {};  // a choice's value is its place in this list
  TextCheck check = nullptr;
};

std::expected<bool, std::string> parse_yes_no(std::string_view text);
std::expected<std::int64_t, std::string> parse_number(const Shape& shape, std::string_view text);
std::expected<int, std::string> parse_choice(const Shape& shape, std::string_view text);
Outcome parse_text(const Shape& shape, std::string_view text);

// Reads a value of any kind but `special` and returns it as CONFIG GET would show it.
std::expected<std::string, std::string> canonical_value(const Shape& shape, Words words);

// A number of bytes with an optional unit; nothing if it is not one.
std::expected<std::int64_t, std::string> parse_memory(std::string_view text);

std::string format_number(const Shape& shape, std::int64_t value);
// The largest unit that divides `bytes`: "100mb".
std::string format_memory_with_unit(std::int64_t bytes);

// One text with spaces becomes several words (CONFIG SET save "900 1 60 100"); "" becomes none.
std::vector<std::string> words_of_list(Words words);
// The same for lists of plain words, where none may be empty or have blanks inside.
std::expected<std::vector<std::string>, std::string> parse_list(Words words);
std::string joined(std::span<const std::string> words);

// `text` in double quotes, so that splitting the line gives it back.
std::string in_quotes(std::string_view text);

}  // namespace duplex::server
