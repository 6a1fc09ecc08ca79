// The fields of a large hash: entries whose keys are the fields, with an expiry each if wanted.
#pragma once

#include "store/table.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace duplex::store {

// Thread: under the lock of its hash's shard.
class FieldTable : public Table {
 public:
  // Appends the names of up to `limit` fields that have ended at `now_ms`; returns whether these
  // are all. They have to be erased before the next call.
  bool collect_ended(std::int64_t now_ms, std::size_t limit, std::vector<std::string>& fields);

  // For collection.h: `value` is a FieldTable.
  static void destroy(void* value) { delete static_cast<FieldTable*>(value); }
  static void* clone(const void* value);
  static std::size_t memory_bytes(const void* value, std::size_t samples);
  static bool is_heavy(const void* value);
};

}  // namespace duplex::store
