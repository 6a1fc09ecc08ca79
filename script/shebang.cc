// The first line of a script: "#!lua flags=no-writes".
#include "script/shebang.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace duplex::script {

namespace {

std::vector<std::string_view> words_of(std::string_view line, char separator) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(separator), line.size());
    if (end != 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

}  // namespace

std::optional<ScriptFlag> flag_by_name(std::string_view name) {
  for (std::size_t i = 0; i < std::size(flag_names); ++i)
    if (flag_names[i] == name) return static_cast<ScriptFlag>(1u << i);
  return std::nullopt;
}

std::expected<Shebang, std::string> read_shebang(std::string_view script) {
  Shebang shebang;
  shebang.body = script;
  if (!script.starts_with("#!")) return shebang;
  shebang.flags.has_shebang = true;
  const std::size_t end = script.find('\n');
  if (end == std::string_view::npos) return std::unexpected("ERR Invalid script shebang");
  const std::vector<std::string_view> words = words_of(script.substr(0, end), ' ');
  if (words[0] != "#!lua")
    return std::unexpected(fmt::format("ERR Unexpected engine in script shebang: {}", words[0]));
  constexpr std::string_view option = "flags=";
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with(option))
      return std::unexpected(fmt::format("ERR Unknown lua shebang option: {}", words[i]));
    for (const std::string_view name : words_of(words[i].substr(option.size()), ',')) {
      const auto flag = flag_by_name(name);
      if (!flag)
        return std::unexpected(fmt::format("ERR Unexpected flag in script shebang: {}", name));
      shebang.flags.add(*flag);
    }
  }
  shebang.body = script.substr(end);
  return shebang;
}

bool is_function_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::expected<LibraryHead, std::string> read_library_head(std::string_view code) {
  if (!code.starts_with("#!")) return std::unexpected("ERR Missing library metadata");
  const std::size_t end = code.find('\n');
  if (end == std::string_view::npos) return std::unexpected("ERR Invalid library metadata");
  const std::vector<std::string_view> words = words_of(code.substr(0, end), ' ');
  const std::string_view engine = words[0].substr(2);
  LibraryHead head;
  head.body = code.substr(end);
  bool is_named = false;
  constexpr std::string_view option = "name=";
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!base::equals_ignoring_case(words[i].substr(0, option.size()), option))
      return std::unexpected(fmt::format("ERR Invalid metadata value given: {}", words[i]));
    if (is_named)
      return std::unexpected("ERR Invalid metadata value, name argument was given multiple times");
    is_named = true;
    head.name = words[i].substr(option.size());
    // In quotes, as in a configuration file.
    if (head.name.size() >= 2 && (head.name.front() == '"' || head.name.front() == '\'') &&
        head.name.back() == head.name.front())
      head.name = head.name.substr(1, head.name.size() - 2);
  }
  if (!is_named) return std::unexpected("ERR Library name was not given");
  if (!is_function_name(head.name)) return std::unexpected(fmt::format("ERR {}", bad_name));
  if (!base::equals_ignoring_case(engine, "lua"))
    return std::unexpected(fmt::format("ERR Engine '{}' not found", engine));
  return head;
}

}  // namespace duplex::script
