// The command line of duplex-check.
#include "check/options.h"

#include <fmt/format.h>

namespace duplex::check {

const std::string_view help_text =
    "Usage: duplex-check [--fix] <file or folder>\n"
    "       duplex-check --help | --version\n"
    "\n"
    "Checks what a server keeps on disk: an RDB file (dump.rdb), an append only file, the\n"
    "manifest of one in several parts, or its folder (appendonlydir). Prints what is in it and,\n"
    "with file, offset and key, where it is broken. Reads files of Redis and Valkey as well.\n"
    "\n"
    "  --fix   cut off the end of the last file if it is torn, as a crash leaves it. Prints how\n"
    "          many bytes and which commands are lost. Nothing else is ever changed: make a copy\n"
    "          before, and stop the server.\n"
    "\n"
    "Exit status: 0 all is well, or was repaired; 1 something is broken; 2 nothing was checked.\n";

std::expected<Options, std::string> parse_options(std::span<const std::string_view> arguments) {
  Options options;
  bool only_names = false;
  for (const std::string_view argument : arguments) {
    if (only_names || !argument.starts_with("-")) {
      if (!options.path.empty()) return std::unexpected("one file or folder at a time");
      options.path = argument;
    } else if (argument == "--") {
      only_names = true;
    } else if (argument == "--fix") {
      options.fix = true;
    } else if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--version" || argument == "-v") {
      options.version = true;
    } else {
      return std::unexpected(fmt::format("unknown option {}", argument));
    }
  }
  if (options.path.empty() && !options.help && !options.version)
    return std::unexpected("a file or folder is needed");
  return options;
}

}  // namespace duplex::check
