// Fuzz target: the same requests must come out whole and in pieces, up to the first error.
#include "base/assert.h"
#include "resp/request_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using duplex::resp::RequestParser;
using Status = RequestParser::Status;

struct Result {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  bool operator==(const Result&) const = default;
};

// Reads the stream as a session does that gets `piece_bytes` at a time. Each piece comes at another
// address, in a block that ends where the bytes end.
Result read(std::string_view stream, std::size_t piece_bytes) {
  const RequestParser::Limits limits{.bulk_bytes = 4096, .authenticated = true};
  RequestParser parser;
  Result result;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < stream.size();) {
    end = std::min(stream.size(), end + piece_bytes);
    while (begin < end) {
      const std::unique_ptr<char[]> block(new char[end - begin]);
      std::copy_n(stream.data() + begin, end - begin, block.get());
      std::vector<std::string_view> arguments;
      const Status status = parser.next({block.get(), end - begin}, limits, arguments);
      if (status == Status::incomplete) {
        DUPLEX_ASSERT(arguments.empty());
        break;
      }
      if (status == Status::error) {
        result.error = parser.error();
        DUPLEX_ASSERT(!result.error.empty());
        return result;
      }
      DUPLEX_ASSERT(parser.consumed() > 0 && parser.consumed() <= end - begin);
      result.requests.emplace_back(arguments.begin(), arguments.end());
      begin += parser.consumed();
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  // A line without end is an error as soon as it is too long, which pieces decide: keep below.
  if (stream.size() > duplex::resp::inline_bytes_max) return 0;
  const std::size_t piece_bytes = data[0] % 31 + 1u;
  DUPLEX_ASSERT(read(stream, piece_bytes) == read(stream, stream.size()));
  return 0;
}
