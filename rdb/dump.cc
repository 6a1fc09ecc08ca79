// type | value | version, 2 bytes | CRC64 of everything before it
#include "rdb/dump.h"

#include "rdb/crc64.h"
#include "rdb/decoder.h"
#include "rdb/encoder.h"
#include "rdb/format.h"
#include "rdb/value.h"

#include <cstring>
#include <utility>

namespace duplex::rdb {

namespace {

constexpr std::size_t version_bytes = 2;
constexpr std::size_t footer_bytes = version_bytes + checksum_bytes;

}  // namespace

void append_dump(base::Buffer& out, const store::Entry& entry, bool compress) {
  const std::size_t before = out.size();
  const ValueType type = written_type(entry, written_version);
  out.append(static_cast<char>(type));
  append_value(out, entry, type, compress);
  append_uint16(out, written_version);
  append_uint64(out, crc64(0, out.view().substr(before)));
}

std::expected<store::EntryPtr, DumpError> read_dump(std::string_view payload,
                                                    std::string_view key,
                                                    std::int64_t expiry_ms) {
  if (payload.size() < footer_bytes) return std::unexpected(DumpError::wrong_version_or_checksum);
  const std::string_view body = payload.substr(0, payload.size() - footer_bytes);
  std::uint16_t version = 0;
  std::uint64_t checksum = 0;
  std::memcpy(&version, payload.data() + body.size(), sizeof version);
  std::memcpy(&checksum, payload.data() + body.size() + version_bytes, sizeof checksum);
  if ((version > version_max && version != valkey_version) ||
      crc64(0, payload.substr(0, body.size() + version_bytes)) != checksum)
    return std::unexpected(DumpError::wrong_version_or_checksum);

  Decoder decoder(body);
  const auto code = decoder.byte();
  const auto type = code ? readable_type(*code, version) : std::nullopt;
  if (!type) return std::unexpected(DumpError::bad_format);
  auto entry = read_value(decoder, *type, key, expiry_ms);
  if (!entry || *entry == nullptr || decoder.left() != 0)
    return std::unexpected(DumpError::bad_format);
  return std::move(*entry);
}

}  // namespace duplex::rdb
