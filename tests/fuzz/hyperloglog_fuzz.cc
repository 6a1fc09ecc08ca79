// Fuzz target: a string that claims to be a HyperLogLog. Whole or damaged, it is read and changed
// within its bytes; what was whole stays so.
#include "base/assert.h"
#include "commands/hyperloglog.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

using namespace duplex;
using commands::HyperLogLog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!HyperLogLog::has_header(bytes)) return 0;
  const auto registers = std::make_unique<HyperLogLog::Registers>();
  const bool whole = HyperLogLog::merge(bytes, *registers);
  DUPLEX_ASSERT(HyperLogLog::count(bytes).has_value() == whole);
  if (!HyperLogLog::is_dense(bytes)) HyperLogLog::describe(bytes);
  HyperLogLog log(bytes);
  for (const std::size_t index : {std::size_t{0}, std::size_t{9000}, std::size_t{16'383}}) {
    const auto raised = log.raise({index, 9}, size + 2);
    DUPLEX_ASSERT(raised || !whole);
  }
  DUPLEX_ASSERT(!whole || HyperLogLog::count(log.bytes()));
  DUPLEX_ASSERT(log.make_dense() || !whole);
  return 0;
}
