// A key with everything an RDB file says about it.
#pragma once

#include "rdb/value.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::rdb {

struct Entry {
  std::string_view key;
  Value value;
  std::optional<std::int64_t> expire_at_ms;  // since 1970
  std::optional<std::uint64_t> idle_s;
  std::optional<std::uint8_t> frequency;  // the logarithmic counter of LFU

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace duplex::rdb
