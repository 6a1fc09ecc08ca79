// A key with everything an RDB file says about it.
#pragma once

#include "rdb/format.h"
#include "store/entry.h"

#include <cstdint>
#include <optional>

namespace duplex::rdb {

// How the key was used lately, if the writer kept count of that.
struct Usage {
  std::optional<std::uint64_t> idle_s;
  std::optional<std::uint8_t> frequency;  // the logarithmic counter of LFU
};

struct Entry {
  store::EntryPtr entry;  // key, value and expiry; never nullptr
  Usage usage;
  ValueType type = ValueType::string;  // the form in which the file holds the value
};

}  // namespace duplex::rdb
