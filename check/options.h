// The command line of duplex-check.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::check {

struct Options {
  std::string path;
  bool fix = false;
  std::optional<std::int64_t> until_s;  // --truncate-to-timestamp
  bool help = false;
  bool version = false;
};

extern const std::string_view help_text;

// The error is a sentence.
std::expected<Options, std::string> parse_options(std::span<const std::string_view> arguments);

}  // namespace duplex::check
