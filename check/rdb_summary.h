// What an RDB file holds, and where it is broken.
#pragma once

#include "check/report.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::check {

// Reads the RDB file that `bytes` begin with, every value included, and reports on it under the
// name `path`. Returns how long it is; nothing if it is broken.
std::optional<std::size_t> check_rdb(const std::string& path,
                                     std::string_view bytes,
                                     Report& report);

}  // namespace duplex::check
