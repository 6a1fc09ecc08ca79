// The fields of a large hash: entries whose keys are the fields, with an expiry each if wanted.
#include "store/field_table.h"

#include "base/hash.h"
#include "base/memory.h"

#include <memory>

namespace duplex::store {

namespace {

// More fields than this are freed in the background, and their memory is estimated from so many.
constexpr std::size_t heavy_fields_min = 64;

}  // namespace

bool FieldTable::collect_ended(std::int64_t now_ms,
                               std::size_t limit,
                               std::vector<std::string>& fields) {
  std::vector<Entry*> ended;
  const bool done = collect_expired(now_ms, limit, ended);
  for (const Entry* field : ended)
    fields.emplace_back(field->key());
  return done;
}

void* FieldTable::clone(const void* value) {
  auto twin = std::make_unique<FieldTable>();
  static_cast<const FieldTable*>(value)->for_each([&](const Entry& field) {
    twin->insert(base::hash_bytes(field.key()), field.copy(field.key()));
  });
  return twin.release();
}

std::size_t FieldTable::memory_bytes(const void* value, std::size_t samples) {
  const auto* table = static_cast<const FieldTable*>(value);
  std::size_t seen = 0;
  std::size_t bytes = 0;
  table->scan(0, samples, [&](const Entry& field) {
    ++seen;
    bytes += field.memory_bytes();
  });
  if (seen != 0) bytes = bytes * table->size() / seen;
  return base::usable_size(table) + table->PageTable::memory_bytes() + bytes;
}

bool FieldTable::is_heavy(const void* value) {
  return static_cast<const FieldTable*>(value)->size() > heavy_fields_min;
}

}  // namespace duplex::store
