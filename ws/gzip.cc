// One pass of zlib.
#include "ws/gzip.h"

#include "base/assert.h"

#include <zlib.h>

namespace duplex::ws {

namespace {

constexpr int gzip_format = 16;  // added to the size of the window
constexpr int memory_level = 8;

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  const int begun = deflateInit2(
      &stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + gzip_format, memory_level, Z_DEFAULT_STRATEGY);
  DUPLEX_ASSERT(begun == Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  DUPLEX_ASSERT(ended == Z_STREAM_END);
  return packed;
}

}  // namespace duplex::ws
