// Fuzz target: frames from a client. The first byte chooses how the rest is cut.
#include "base/assert.h"
#include "ws/frame_parser.h"
#include "base/utf8.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using duplex::ws::FrameLimits;
using duplex::ws::FrameParser;
using Event = FrameParser::Event;

constexpr FrameLimits limits{.message_bytes_max = 4096, .fragments_max = 8};

struct Seen {
  Event event;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> parse(std::string_view bytes, std::size_t piece_bytes) {
  FrameParser parser(limits);
  std::vector<Seen> seen;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece_bytes, bytes.size());
    const std::unique_ptr<char[]> block(new char[size]);
    std::copy_n(bytes.data(), size, block.get());
    bytes.remove_prefix(size);
    std::string_view input(block.get(), size);
    while (true) {
      const Event event = parser.next(input);
      if (event == Event::need_more) break;
      seen.push_back({event, std::string(parser.payload())});
      if (event == Event::failed) return seen;
      DUPLEX_ASSERT(seen.back().payload.size() <= limits.message_bytes_max);
      if (event == Event::text) DUPLEX_ASSERT(duplex::base::is_utf8(seen.back().payload));
    }
    DUPLEX_ASSERT(input.empty());
    parser.release_idle_memory();
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece_bytes = data[0] % 17 + 1u;
  DUPLEX_ASSERT(parse(bytes, piece_bytes) == parse(bytes, bytes.size() + 1));
  return 0;
}
