// The command line of duplex-check.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace duplex::check {

struct Options {
  std::string path;
  bool fix = false;
  bool help = false;
  bool version = false;
};

extern const std::string_view help_text;

// The error is a sentence.
std::expected<Options, std::string> parse_options(std::span<const std::string_view> arguments);

}  // namespace duplex::check
