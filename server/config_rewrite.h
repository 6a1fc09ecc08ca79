// CONFIG REWRITE: brings a configuration file up to date and leaves everything else in it alone.
#pragma once

#include "server/config_loader.h"

#include <expected>
#include <string>
#include <string_view>

namespace duplex::server {

// `text`, the content of a file, changed so that reading it yields `current`. Comments, order and
// lines that are right already stay; a changed directive's line is replaced where it first stands;
// what the file does not mention is appended. `start_dir` as in LoadedConfig. Fails if the text
// cannot be read.
std::expected<std::string, std::string> rewritten_config(std::string_view text,
                                                         const std::string& start_dir,
                                                         const Config& current);

// The same for a file, which is replaced in one step and keeps its permissions.
Outcome rewrite_config_file(const std::string& path,
                            const std::string& start_dir,
                            const Config& current);

}  // namespace duplex::server
