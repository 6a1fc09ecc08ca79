// The cursors of SCAN and of HSCAN, SSCAN, ZSCAN: numbers that say where in the order of hashes.
#include "commands/scan_cursor.h"

#include "base/glob.h"
#include "store/hashed_key.h"

#include <charconv>
#include <system_error>

namespace duplex::commands {

static_assert(store::shard_count == std::size_t{1} << ScanCursor::shard_bits);

std::optional<ScanCursor> ScanCursor::parse(std::string_view text) {
  const auto number = parse_cursor(text);
  return number ? std::optional(of(*number)) : std::nullopt;
}

std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (text.empty()) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? 0 - number : number;
}

std::optional<std::size_t> only_shard(std::string_view pattern) {
  const auto shard_of = [](std::string_view key) {
    return std::size_t{store::key_slot(key)} % store::shard_count;
  };
  if (base::glob_is_literal(pattern)) return shard_of(pattern);
  // What stands before the first wildcard is the beginning of every key that matches.
  const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*?[\\"));
  const std::size_t open = fixed.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t close = fixed.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return std::nullopt;
  return shard_of(fixed);
}

}  // namespace duplex::commands
