// From files, standard input and the command line to a Config, or to the line that is wrong.
#pragma once

#include "server/config.h"
#include "server/config_directive.h"

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::server {

// A longer file is refused, and so is a deeper nest of includes.
inline constexpr std::size_t config_bytes_max = std::size_t{16} << 20;
inline constexpr int include_depth_max = 16;

// What the program was called with.
struct CommandLine {
  std::string file;             // empty: none
  bool standard_input = false;  // `-`
  bool help = false;
  bool version = false;
  std::string lines;  // `--name value ...` as lines of a file
};
// `arguments` without the program's name.
CommandLine parse_command_line(std::span<const std::string> arguments);

// Why the configuration cannot be used.
struct ConfigError {
  std::string origin;  // "/etc/duplex.conf", "standard input"; empty: all of them together
  int line = 0;        // 0: the whole file
  std::string text;    // the line as it stands there
  std::string reason;

  // The message for standard error in Redis's shape; `program` is "Duplex 1.2.3".
  std::string message(std::string_view program) const;
};

struct LoadedConfig {
  Config config;
  std::string file;                // absolute; empty if there is none
  std::string start_dir;           // what relative names in the file stand under
  std::vector<std::string> notes;  // for the server log, one line each
};

std::expected<LoadedConfig, ConfigError> load_config(const CommandLine& command_line);

// Applies lines to a Config, one text after the other.
//
// Thread: confined to its owner.
class ConfigReader {
 public:
  // `dir` is the absolute folder that relative names stand under.
  explicit ConfigReader(std::string dir);

  // Applies a file, or a text that is in memory already. Returns the first thing that is wrong.
  std::expected<void, ConfigError> read_file(const std::string& path);
  std::expected<void, ConfigError> read_text(std::string_view text, const std::string& origin);

  const Config& config() const { return config_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Outcome apply_line(std::string_view line, const std::string& place);
  Outcome apply_directive(const std::vector<std::string>& words, const std::string& place);
  // Nothing, or what is wrong inside of one of the files.
  std::optional<ConfigError> include(const std::string& pattern);

  Config config_;
  std::string start_dir_;
  std::set<std::string_view> seen_;  // the names of the rows that a line has set
  std::vector<std::string> notes_;
  int depth_ = 0;
  std::optional<ConfigError> include_error_;
};

// One line of a configuration, split; nothing for an empty line or a comment.
std::expected<std::vector<std::string>, std::string> split_config_line(std::string_view line);

// `line` without blanks at both ends.
std::string_view trimmed(std::string_view line);

// The file's content, or why it cannot be read.
std::expected<std::string, std::string> read_config_file(const std::string& path);

}  // namespace duplex::server
