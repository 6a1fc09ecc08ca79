// How a report shows bytes and numbers.
#include "check/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace duplex::check {

std::string printable(std::string_view bytes, std::size_t bytes_max) {
  std::string text;
  for (const char c : bytes.substr(0, bytes_max)) {
    if (c >= 0x20 && c < 0x7f && c != '\\')
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return bytes.size() > bytes_max ? text + "..." : text;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shown_command(std::span<const std::string_view> args) {
  constexpr std::size_t shown_max = 6;
  std::string text;
  for (const std::string_view arg : args.first(std::min(args.size(), shown_max))) {
    if (!text.empty()) text += ' ';
    text += printable(arg);
  }
  if (args.size() > shown_max) text += fmt::format(" ... ({} arguments)", args.size());
  return text;
}

std::string shown_counts(const std::map<std::string, std::uint64_t>& counts) {
  constexpr std::size_t shown_max = 12;
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  // The map has them by name, which stays so among equals.
  std::ranges::sort(sorted, [](const auto& one, const auto& other) {
    return one.second != other.second ? one.second > other.second : one.first < other.first;
  });
  std::string text;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i >= shown_max) {
      others += sorted[i].second;
      continue;
    }
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", sorted[i].first, sorted[i].second);
  }
  return others == 0 ? text : text + fmt::format(", others {}", others);
}

}  // namespace duplex::check
