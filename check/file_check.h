// Finds out what a path names, and checks it.
#pragma once

#include "check/report.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace duplex::check {

// Checks an RDB file, a file of records (with or without an RDB file before them), a manifest with
// the files it names, or the folder of one. Changes nothing. The error says why nothing could be
// checked. With `until_s` the report marks what was written later than that.
std::expected<Report, std::string> check_path(const std::string& path,
                                              std::optional<std::int64_t> until_s = std::nullopt);

}  // namespace duplex::check
