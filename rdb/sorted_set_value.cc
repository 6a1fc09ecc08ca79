// Sorted sets: with scores as text, with binary scores, and as a listpack.
#include "base/numbers.h"
#include "rdb/collection_values.h"
#include "rdb/encoder.h"
#include "rdb/ziplist.h"
#include "store/sorted_set.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace duplex::rdb {

namespace {

// Sizes of a score's text that stand for what has none.
constexpr std::uint8_t text_nan = 253;
constexpr std::uint8_t text_infinity = 254;
constexpr std::uint8_t text_minus_infinity = 255;

Decoded<double> text_score(Decoder& decoder) {
  const auto size = decoder.byte();
  if (!size) return std::unexpected(size.error());
  if (*size == text_nan) return std::unexpected("a score is not a number");
  if (*size == text_infinity) return std::numeric_limits<double>::infinity();
  if (*size == text_minus_infinity) return -std::numeric_limits<double>::infinity();
  const auto text = decoder.raw(*size);
  if (!text) return std::unexpected(text.error());
  const auto score = base::parse_double(*text);
  if (!score) return std::unexpected("a score is not a number");
  return *score;
}

Decoded<double> binary_score(Decoder& decoder) {
  const auto bits = decoder.int64();
  if (!bits) return std::unexpected(bits.error());
  const auto score = std::bit_cast<double>(*bits);
  if (std::isnan(score)) return std::unexpected("a score is not a number");
  return score;
}

Decoded<store::EntryPtr> read_members(Decoder& decoder,
                                      ValueType type,
                                      std::string_view key,
                                      std::int64_t expiry_ms) {
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return nullptr;
  store::EntryPtr entry = store::SortedSet::make(key, expiry_ms);
  store::SortedSet set(*entry);
  std::string scratch;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto text = decoder.string(scratch);
    if (!text) return std::unexpected(text.error());
    const auto score = type == ValueType::zset ? text_score(decoder) : binary_score(decoder);
    if (!score) return std::unexpected(score.error());
    const auto place = set.find(*text);
    if (place.is_there) return std::unexpected("a sorted set has a member twice");
    set.add(*text, *score, place);
  }
  return entry;
}

Decoded<store::EntryPtr> read_packed(Decoder& decoder,
                                     ValueType type,
                                     std::string_view key,
                                     std::int64_t expiry_ms) {
  std::string scratch;
  const auto bytes = decoder.string(scratch);
  if (!bytes) return std::unexpected(bytes.error());
  std::optional<store::Listpack> members;
  if (type == ValueType::zset_ziplist)
    members = listpack_from_ziplist(*bytes);
  else if (store::ListpackView::is_valid(*bytes))
    members = store::Listpack::from_bytes(*bytes);
  if (!members || !store::SortedSet::is_sorted_set(*members))
    return std::unexpected(type == ValueType::zset_ziplist ? "a sorted set has a damaged ziplist"
                                                           : "a sorted set has a damaged listpack");
  if (members->is_empty()) return nullptr;
  return store::SortedSet::from_packed(key, std::move(*members), expiry_ms);
}

}  // namespace

Decoded<store::EntryPtr> read_sorted_set(Decoder& decoder,
                                         ValueType type,
                                         std::string_view key,
                                         std::int64_t expiry_ms) {
  if (type == ValueType::zset_listpack || type == ValueType::zset_ziplist)
    return read_packed(decoder, type, key, expiry_ms);
  return read_members(decoder, type, key, expiry_ms);
}

// From the highest member to the lowest, which is how Redis reads them fastest.
void append_sorted_set(base::Buffer& out,
                       const store::Entry& entry,
                       ValueType type,
                       bool compress) {
  const store::SortedSetView set(entry);
  if (type == ValueType::zset_listpack) return append_string(out, *set.packed_bytes(), compress);
  append_length(out, set.size());
  set.visit({0, set.size()}, true, [&](std::string_view text, double score) {
    append_string(out, text, compress);
    append_uint64(out, std::bit_cast<std::uint64_t>(score));
  });
}

}  // namespace duplex::rdb
