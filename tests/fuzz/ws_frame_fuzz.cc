// Fuzz target: frames from a client. The first byte chooses how the rest is cut, and whether
// compression was agreed on.
#include "base/assert.h"
#include "base/utf8.h"
#include "ws/deflate.h"
#include "ws/frame_parser.h"

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

constexpr FrameLimits plain{.message_bytes_max = 4096, .fragments_max = 8};
constexpr FrameLimits deflated{.message_bytes_max = 4096, .fragments_max = 8, .compressed = true};

struct Seen {
  Event event;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

// What a compressed message holds is bounded, and is found again when it is compressed by us.
void check_deflated(std::string_view payload) {
  const auto message = duplex::ws::inflate_message(payload, plain.message_bytes_max);
  if (!message) return;
  DUPLEX_ASSERT(message->size() <= plain.message_bytes_max);
  const std::string packed = duplex::ws::deflate_message(*message);
  DUPLEX_ASSERT(duplex::ws::inflate_message(packed, message->size()) == *message);
}

std::vector<Seen> parse(std::string_view bytes,
                        std::size_t piece_bytes,
                        const FrameLimits& limits) {
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
      const bool is_message = event == Event::text || event == Event::binary;
      if (is_message && parser.is_compressed())
        check_deflated(seen.back().payload);
      else if (event == Event::text)
        DUPLEX_ASSERT(duplex::base::is_utf8(seen.back().payload));
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
  const FrameLimits& limits = (data[0] & 0x80u) != 0 ? deflated : plain;
  DUPLEX_ASSERT(parse(bytes, piece_bytes, limits) == parse(bytes, bytes.size() + 1, limits));
  duplex::ws::offers_deflate(bytes);
  return 0;
}
