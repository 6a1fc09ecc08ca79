// Fuzz target: log files. What the reader gives and where it would cut must fit together.
#include "aof/reader.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace duplex;

namespace {

struct Result {
  std::size_t records = 0;
  aof::ReadStatus status = aof::ReadStatus::end;
  std::size_t good_end = 0;
};

Result read(std::string_view bytes) {
  aof::Reader reader(bytes);
  Result result;
  while ((result.status = reader.next()) == aof::ReadStatus::record) {
    DUPLEX_ASSERT(!reader.args().empty());
    ++result.records;
  }
  result.good_end = reader.good_end();
  DUPLEX_ASSERT(result.good_end <= bytes.size());
  DUPLEX_ASSERT(reader.vouched_end() <= result.good_end);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result whole = read(bytes);
  if (whole.status == aof::ReadStatus::damaged) return 0;
  // A file that was cut where the reader says is whole, and holds the same records.
  const Result cut = read(bytes.substr(0, whole.good_end));
  DUPLEX_ASSERT(cut.status == aof::ReadStatus::end);
  DUPLEX_ASSERT(cut.records == whole.records);
  return 0;
}
