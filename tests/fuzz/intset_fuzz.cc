// Fuzz target: bytes that claim to be an intset. What is accepted ascends, finds all it has, and
// stays valid when it is changed.
#include "base/assert.h"
#include "store/intset.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

using namespace duplex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!store::IntsetView::is_valid(bytes)) return 0;
  store::Intset set = store::Intset::from_bytes(bytes);
  std::optional<std::int64_t> before;
  set.for_each([&](std::int64_t integer) {
    DUPLEX_ASSERT(!before || *before < integer);
    DUPLEX_ASSERT(set.contains(integer));
    before = integer;
  });
  if (set.size() != 0) set.erase_at(set.size() / 2);
  for (const std::int64_t integer : {INT64_MIN, std::int64_t{-7}, std::int64_t{70'000}, INT64_MAX})
    DUPLEX_ASSERT(set.contains(integer) != set.add(integer));
  DUPLEX_ASSERT(store::IntsetView::is_valid(set.blob()));
  return 0;
}
