// Files that are replaced as a whole: after a crash there is the old content or the new one.
#pragma once

#include "server/config_values.h"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace duplex::server {

// Puts `content` in place of the file at `path`, which need not exist, and makes that durable.
Outcome replace_file(const std::string& path, std::string_view content, ::mode_t mode);

}  // namespace duplex::server
