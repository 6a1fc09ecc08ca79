// The command line of duplex-check.
#include "check/options.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::check {

const std::string_view help_text =
    "Usage: duplex-check [--fix | --truncate-to-timestamp <seconds>] <file or folder>\n"
    "       duplex-check --help | --version\n"
    "\n"
    "Checks what a server keeps on disk: an RDB file (dump.rdb), an append only file, the\n"
    "manifest of one in several parts, or its folder (appendonlydir). Prints what is in it and,\n"
    "with file, offset and key, where it is broken. Reads files of Redis and Valkey as well.\n"
    "\n"
    "  --fix   cut off the end of the last file if it is torn, as a crash leaves it. Prints how\n"
    "          many bytes and which commands are lost. Nothing else is ever changed: make a copy\n"
    "          before, and stop the server.\n"
    "  --truncate-to-timestamp <seconds>\n"
    "          cut off what was written later than that, in seconds since 1970. The log must tell\n"
    "          times (aof-timestamp-enabled yes), nothing in it may be broken, and all that is\n"
    "          later must be in its last file.\n"
    "\n"
    "Exit status: 0 all is well, or was repaired; 1 something is broken; 2 nothing was checked.\n";

std::expected<Options, std::string> parse_options(std::span<const std::string_view> arguments) {
  Options options;
  bool only_names = false;
  bool wants_time = false;
  for (const std::string_view argument : arguments) {
    if (std::exchange(wants_time, false)) {
      options.until_s = base::parse_int64(argument);
      if (!options.until_s || *options.until_s < 0)
        return std::unexpected("--truncate-to-timestamp needs seconds since 1970");
      continue;
    }
    if (only_names || !argument.starts_with("-")) {
      if (!options.path.empty()) return std::unexpected("one file or folder at a time");
      options.path = argument;
    } else if (argument == "--") {
      only_names = true;
    } else if (argument == "--fix") {
      options.fix = true;
    } else if (argument == "--truncate-to-timestamp") {
      wants_time = true;
    } else if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--version" || argument == "-v") {
      options.version = true;
    } else {
      return std::unexpected(fmt::format("unknown option {}", argument));
    }
  }
  if (wants_time) return std::unexpected("--truncate-to-timestamp needs seconds since 1970");
  if (options.fix && options.until_s)
    return std::unexpected("--fix and --truncate-to-timestamp exclude each other");
  if (options.path.empty() && !options.help && !options.version)
    return std::unexpected("a file or folder is needed");
  return options;
}

}  // namespace duplex::check
