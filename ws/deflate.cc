// Raw deflate without the end that every message would have.
#include "ws/deflate.h"

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <memory>
#include <zlib.h>

namespace duplex::ws {

namespace {

constexpr std::string_view empty_block("\x00\x00\xff\xff", 4);
constexpr int memory_level = 8;
constexpr std::size_t chunk_bytes = std::size_t{16} << 10;

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The part up to the separator, which is taken off with it.
std::string_view take_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// A smaller window for the client is its own affair; one for the server would need a frame of its
// own for this client.
bool is_acceptable(std::string_view parameter) {
  std::string_view value = parameter;
  const std::string name = base::lowered(take_part(value, '='));
  if (name == "server_no_context_takeover" || name == "client_no_context_takeover")
    return parameter.find('=') == std::string_view::npos;
  if (name != "client_max_window_bits") return false;
  if (parameter.find('=') == std::string_view::npos) return true;
  value = trimmed(value);
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
    value = value.substr(1, value.size() - 2);
  const auto bits = base::parse_uint64(value);
  return bits && *bits >= 8 && *bits <= 15;
}

bool is_acceptable_offer(std::string_view offer) {
  if (base::lowered(take_part(offer, ';')) != "permessage-deflate") return false;
  std::string seen;  // names that came before, each behind a blank
  while (!offer.empty()) {
    const std::string_view parameter = take_part(offer, ';');
    std::string_view rest = parameter;
    const std::string name = " " + base::lowered(take_part(rest, '='));
    if (!is_acceptable(parameter) || seen.find(name) != std::string::npos) return false;
    seen += name;
  }
  return true;
}

}  // namespace

bool offers_deflate(std::string_view extensions) {
  while (!extensions.empty())
    if (is_acceptable_offer(take_part(extensions, ','))) return true;
  return false;
}

std::string deflate_message(std::string_view message) {
  z_stream stream{};
  const int begun =
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, memory_level, Z_DEFAULT_STRATEGY);
  DUPLEX_ASSERT(begun == Z_OK);
  // The bound is that of a stream that ends; one that is only flushed takes a few bytes more.
  constexpr std::size_t flush_bytes = 16;
  std::string packed(deflateBound(&stream, static_cast<uLong>(message.size())) + flush_bytes, '\0');
  stream.next_in = bytes_of(message);
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int flushed = deflate(&stream, Z_SYNC_FLUSH);
  packed.resize(stream.total_out);
  const bool is_done = stream.avail_in == 0 && stream.avail_out != 0;
  deflateEnd(&stream);
  DUPLEX_ASSERT(flushed == Z_OK && is_done);
  DUPLEX_ASSERT(packed.ends_with(empty_block));
  packed.resize(packed.size() - empty_block.size());
  return packed;
}

std::expected<std::string, CloseCode> inflate_message(std::string_view payload,
                                                      std::size_t bytes_max) {
  z_stream stream{};
  const int begun = inflateInit2(&stream, -MAX_WBITS);
  DUPLEX_ASSERT(begun == Z_OK);
  const auto end = [](z_stream* ended) { inflateEnd(ended); };
  const std::unique_ptr<z_stream, decltype(end)> ending(&stream, end);
  std::string message;
  std::array<char, chunk_bytes> chunk;
  for (const std::string_view part : {payload, empty_block}) {
    stream.next_in = bytes_of(part);
    stream.avail_in = static_cast<uInt>(part.size());
    int state = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = chunk_bytes;
      state = inflate(&stream, Z_SYNC_FLUSH);
      // No progress is no error: everything has been read.
      if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return std::unexpected(close_codes::invalid_payload);
      message.append(chunk.data(), chunk_bytes - stream.avail_out);
      if (message.size() > bytes_max) return std::unexpected(close_codes::message_too_big);
      // A client may end its stream; what it sends behind that belongs to a new one.
      if (state == Z_STREAM_END && inflateReset(&stream) != Z_OK)
        return std::unexpected(close_codes::invalid_payload);
    } while (state != Z_BUF_ERROR && (stream.avail_in != 0 || stream.avail_out == 0));
  }
  return message;
}

}  // namespace duplex::ws
