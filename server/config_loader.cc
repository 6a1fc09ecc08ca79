// From files, standard input and the command line to a Config, or to the line that is wrong.
#include "server/config_loader.h"

#include "base/text.h"
#include "resp/inline_arguments.h"
#include "server/config_special.h"
#include "server/config_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <glob.h>
#include <iostream>
#include <iterator>
#include <thread>
#include <utility>

namespace duplex::server {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

bool is_option(std::string_view argument) {
  return argument.starts_with("--");
}

// Files that match `pattern`, sorted; the pattern itself if it is a plain name.
std::vector<std::string> files_matching(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  std::vector<std::string> files;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return files;
}

// The line as an error may show it: without what is secret.
std::string shown(std::string_view line) {
  const std::string_view name = line.substr(0, line.find_first_of(blanks));
  const Directive* directive = find_directive(name);
  if (directive && directive->has(sensitive)) return fmt::format("{} (hidden)", name);
  return std::string(line);
}

std::string read_stream(std::istream& stream) {
  std::string text;
  char piece[4096];
  while (text.size() <= config_bytes_max && (stream.read(piece, sizeof piece), stream.gcount() > 0))
    text.append(piece, static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace

std::int64_t default_io_threads() {
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return std::clamp<std::int64_t>(cores - 1, 1, 8);
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

std::expected<std::vector<std::string>, std::string> split_config_line(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty() || text.front() == '#') return std::vector<std::string>();
  auto words = resp::split_inline_arguments(text);
  if (!words) return std::unexpected("Unbalanced quotes in configuration line");
  return *std::move(words);
}

std::expected<std::string, std::string> read_config_file(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return std::unexpected(std::strerror(EISDIR));
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::unexpected(std::strerror(errno != 0 ? errno : EIO));
  std::string text = read_stream(stream);
  if (text.size() > config_bytes_max) return std::unexpected("the file is larger than 16 MiB");
  return text;
}

CommandLine parse_command_line(std::span<const std::string> arguments) {
  CommandLine result;
  std::size_t i = 0;
  if (!arguments.empty()) {
    const std::string& first = arguments[0];
    if (first == "-v" || first == "--version") result.version = true;
    if (first == "-h" || first == "--help") result.help = true;
    if (result.version || result.help) return result;
    if (!is_option(first) && first != "-") {
      result.file = first;
      i = 1;
    }
  }
  bool name_only = false;  // the word before was an option's name: what follows is its value
  for (; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool last = i + 1 == arguments.size();
    if (argument == "-" && !name_only) {
      result.standard_input = true;
    } else if (is_option(argument) && !name_only) {
      if (!result.lines.empty()) result.lines += '\n';
      result.lines += argument.substr(2) + ' ';
      name_only = argument.find(' ') == std::string::npos;
      // `--save` with nothing behind it has always meant: no save points.
      if (base::equals_ignoring_case(argument, "--save") && (last || is_option(arguments[i + 1]))) {
        result.lines += "\"\"";
        name_only = false;
      }
    } else {
      result.lines += in_quotes(argument) + ' ';
      name_only = false;
    }
  }
  return result;
}

std::string ConfigError::message(std::string_view program) const {
  if (origin.empty()) return fmt::format("Fatal error in the configuration: {}\n", reason);
  if (line == 0)
    return fmt::format("Fatal error, can't open config file '{}': {}\n", origin, reason);
  return fmt::format(
      "\n*** FATAL CONFIG FILE ERROR ({}) ***\n"
      "Reading the configuration file '{}', at line {}\n"
      ">>> '{}'\n"
      "{}\n",
      program,
      origin,
      line,
      text,
      reason);
}

ConfigReader::ConfigReader(std::string dir) : start_dir_(std::move(dir)) {
  config_.dir = start_dir_;
}

std::expected<void, ConfigError> ConfigReader::read_file(const std::string& path) {
  const std::string real = (std::filesystem::path(start_dir_) / path).lexically_normal().string();
  if (depth_ == include_depth_max)
    return std::unexpected(ConfigError{real, 0, "", "includes are nested too deeply"});
  const auto text = read_config_file(real);
  if (!text) return std::unexpected(ConfigError{real, 0, "", text.error()});
  ++depth_;
  auto result = read_text(*text, real);
  --depth_;
  return result;
}

std::expected<void, ConfigError> ConfigReader::read_text(std::string_view text,
                                                         const std::string& origin) {
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    ++number;
    const Outcome outcome = apply_line(line, fmt::format("{}, line {}", origin, number));
    if (include_error_) return std::unexpected(*std::exchange(include_error_, std::nullopt));
    if (!outcome) return std::unexpected(ConfigError{origin, number, shown(line), outcome.error()});
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

Outcome ConfigReader::apply_line(std::string_view line, const std::string& place) {
  const auto words = split_config_line(line);
  if (!words) return std::unexpected(words.error());
  if (words->empty() || (words->size() == 1 && words->front().empty())) return {};
  if (base::equals_ignoring_case(words->front(), "include")) {
    if (words->size() != 2) return std::unexpected(std::string(wrong_number_of_arguments));
    include_error_ = include((*words)[1]);
    return {};
  }
  return apply_directive(*words, place);
}

Outcome ConfigReader::apply_directive(const std::vector<std::string>& words,
                                      const std::string& place) {
  const Directive* directive = find_directive(words.front());
  if (!directive) return std::unexpected("Bad directive or wrong number of arguments");
  const Words values = Words(words).subspan(1);
  // The same complaint as Redis has for a name that stands alone, lists included.
  if (values.empty()) return std::unexpected(std::string(wrong_number_of_arguments));
  const bool first = seen_.insert(directive->name).second;
  Outcome outcome = directive->write(
      *directive, config_, values, first ? Source::first_line : Source::further_line);
  if (outcome && first && directive->has(no_effect))
    notes_.push_back(
        fmt::format("'{}' is accepted but has no effect here ({})", directive->name, place));
  return outcome;
}

std::optional<ConfigError> ConfigReader::include(const std::string& pattern) {
  const std::string real = (std::filesystem::path(start_dir_) / pattern).string();
  for (const std::string& file : files_matching(real))
    if (auto outcome = read_file(file); !outcome) return outcome.error();
  return std::nullopt;
}

std::expected<LoadedConfig, ConfigError> load_config(const CommandLine& command_line) {
  LoadedConfig loaded;
  loaded.start_dir = std::filesystem::current_path().string();
  ConfigReader reader(loaded.start_dir);
  if (!command_line.file.empty()) {
    const auto path = std::filesystem::path(loaded.start_dir) / command_line.file;
    loaded.file = path.lexically_normal().string();
    if (auto outcome = reader.read_file(command_line.file); !outcome)
      return std::unexpected(outcome.error());
  }
  if (command_line.standard_input) {
    const std::string text = read_stream(std::cin);
    if (text.size() > config_bytes_max)
      return std::unexpected(ConfigError{"standard input", 0, "", "it is larger than 16 MiB"});
    if (auto outcome = reader.read_text(text, "standard input"); !outcome)
      return std::unexpected(outcome.error());
  }
  if (auto outcome = reader.read_text(command_line.lines, "the command line"); !outcome)
    return std::unexpected(outcome.error());
  loaded.config = reader.config();
  if (std::string reason = check_together(loaded.config); !reason.empty())
    return std::unexpected(ConfigError{"", 0, "", std::move(reason)});
  loaded.notes = reader.notes();
  return loaded;
}

}  // namespace duplex::server
