// What a file of records holds, and where it is broken or torn.
#pragma once

#include "aof/format.h"
#include "check/report.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::check {

// A file of records under check.
struct LogFile {
  std::string path;
  std::string_view bytes;
  std::size_t records_begin = 0;  // behind the RDB file at its beginning
  bool may_be_torn = false;       // nothing with content follows, and it may be cut
  std::optional<std::int64_t> until_s = std::nullopt;  // what is written later is to be cut off
};

// Reads the records, which follow on `position`; reports, and moves `position` behind them.
void check_records(const LogFile& file, aof::StreamPosition& position, Report& report);

}  // namespace duplex::check
