// Hashes: pairs of strings, listpacks of pairs, and both with the times at which fields end.
#include "base/numbers.h"
#include "rdb/collection_values.h"
#include "rdb/encoder.h"
#include "rdb/ziplist.h"
#include "rdb/zipmap.h"
#include "store/hash.h"
#include "store/packed_limits.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace duplex::rdb {

namespace {

using store::Hash;
using store::HashView;
using store::Listpack;
using store::ListpackView;

constexpr std::string_view twice = "a hash has a field twice";
constexpr std::string_view damaged = "a hash is a damaged listpack";
constexpr std::string_view impossible_time = "a field ends at an impossible time";

// Times of fields may be anything a file says, but not what means that there is none.
bool is_possible(std::int64_t expiry_ms) {
  return expiry_ms > 0 && expiry_ms < store::no_expiry;
}

// nullptr for a hash without fields.
store::EntryPtr finished(store::EntryPtr entry) {
  const Hash hash(*entry);
  if (hash.is_empty()) return nullptr;
  store::EntryPtr compact = hash.compacted();
  return compact ? std::move(compact) : std::move(entry);
}

// Field by field. In the timed forms each is behind a number that tells its time, from the earliest
// one on, which stands before them all; the preview has no earliest one, and whole times.
Decoded<store::EntryPtr> read_pairs(Decoder& decoder,
                                    ValueType type,
                                    std::string_view key,
                                    std::int64_t expiry_ms) {
  const bool timed = type != ValueType::hash;
  std::int64_t earliest_ms = 1;
  if (type == ValueType::hash_timed) {
    const auto taken = decoder.int64();
    if (!taken) return std::unexpected(taken.error());
    earliest_ms = *taken;
  }
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  store::EntryPtr entry = Hash::make(key, expiry_ms);
  Hash hash(*entry);
  std::string field_scratch;
  std::string value_scratch;
  for (std::uint64_t i = 0; i < *count; ++i) {
    std::int64_t field_expiry_ms = store::no_expiry;
    if (timed) {
      const auto after = decoder.length();
      if (!after) return std::unexpected(after.error());
      if (*after > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::unexpected(impossible_time);
      if (*after != 0) {
        if (__builtin_add_overflow(
                earliest_ms, static_cast<std::int64_t>(*after) - 1, &field_expiry_ms) ||
            !is_possible(field_expiry_ms))
          return std::unexpected(impossible_time);
      }
    }
    const auto field = decoder.string(field_scratch);
    if (!field) return std::unexpected(field.error());
    const auto value = decoder.string(value_scratch);
    if (!value) return std::unexpected(value.error());
    if (!hash.insert(*field, *value, field_expiry_ms)) return std::unexpected(twice);
  }
  return finished(std::move(entry));
}

// Field, value, time; -1 for none.
Decoded<store::EntryPtr> read_valkey_triples(Decoder& decoder,
                                             std::string_view key,
                                             std::int64_t expiry_ms) {
  constexpr std::int64_t none = -1;
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  store::EntryPtr entry = Hash::make(key, expiry_ms);
  Hash hash(*entry);
  std::string field_scratch;
  std::string value_scratch;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto field = decoder.string(field_scratch);
    if (!field) return std::unexpected(field.error());
    const auto value = decoder.string(value_scratch);
    if (!value) return std::unexpected(value.error());
    const auto time_ms = decoder.int64();
    if (!time_ms) return std::unexpected(time_ms.error());
    // 0 is a time like others; that it is long over is all that matters.
    const std::int64_t field_expiry_ms =
        *time_ms == none ? store::no_expiry : std::max(*time_ms, std::int64_t{1});
    if (*time_ms < none || *time_ms == store::no_expiry) return std::unexpected(impossible_time);
    if (!hash.insert(*field, *value, field_expiry_ms)) return std::unexpected(twice);
  }
  return finished(std::move(entry));
}

// Requires: the listpack has pairs.
bool has_field_twice(const ListpackView& pack) {
  std::string digits(pack.size() / 2 * base::int64_digits_max, '\0');
  std::vector<std::string_view> fields;
  fields.reserve(pack.size() / 2);
  for (std::size_t at = pack.first(); at != ListpackView::none; at = pack.skip(at, 2))
    fields.push_back(pack.get(at, digits.data() + fields.size() * base::int64_digits_max));
  std::ranges::sort(fields);
  return std::ranges::adjacent_find(fields) != fields.end();
}

// The pairs of a blob in one of the packed forms.
Decoded<Listpack> packed_pairs(std::string_view blob, ValueType type) {
  if (type == ValueType::hash_zipmap) {
    auto pack = listpack_from_zipmap(blob);
    if (!pack) return std::unexpected("a hash is a damaged zipmap");
    return std::move(*pack);
  }
  if (type == ValueType::hash_ziplist) {
    auto pack = listpack_from_ziplist(blob);
    if (!pack) return std::unexpected("a hash is a damaged ziplist");
    return std::move(*pack);
  }
  if (!ListpackView::is_valid(blob)) return std::unexpected(damaged);
  return Listpack::from_bytes(blob);
}

Decoded<store::EntryPtr> read_packed(Decoder& decoder,
                                     ValueType type,
                                     std::string_view key,
                                     std::int64_t expiry_ms) {
  std::string scratch;
  const auto blob = decoder.string(scratch);
  if (!blob) return std::unexpected(blob.error());
  auto pack = packed_pairs(*blob, type);
  if (!pack) return std::unexpected(pack.error());
  const std::size_t elements = pack->size();
  if (elements % 2 != 0) return std::unexpected("a hash has a field without a value");
  if (elements == 0) return nullptr;
  if (has_field_twice(*pack)) return std::unexpected(twice);
  store::EntryPtr entry = Hash::make(key, expiry_ms);
  Hash hash(*entry);
  hash.adopt(std::move(*pack));
  const std::int64_t entries_max =
      store::packed_limits().hash_entries.load(std::memory_order_relaxed);
  if (static_cast<std::int64_t>(elements / 2) > entries_max) hash.unpack();
  return finished(std::move(entry));
}

// Field, value, time; the number before them, which the preview does not have, repeats the earliest
// time.
Decoded<store::EntryPtr> read_packed_triples(Decoder& decoder,
                                             ValueType type,
                                             std::string_view key,
                                             std::int64_t expiry_ms) {
  if (type == ValueType::hash_timed_listpack)
    if (const auto earliest = decoder.int64(); !earliest) return std::unexpected(earliest.error());
  std::string scratch;
  const auto blob = decoder.string(scratch);
  if (!blob) return std::unexpected(blob.error());
  if (!ListpackView::is_valid(*blob)) return std::unexpected(damaged);
  const Listpack pack = Listpack::from_bytes(*blob);
  store::EntryPtr entry = Hash::make(key, expiry_ms);
  Hash hash(*entry);
  char field_scratch[base::int64_digits_max];
  char value_scratch[base::int64_digits_max];
  for (std::size_t at = pack.first(); at != ListpackView::none; at = pack.skip(at, 3)) {
    const std::size_t value_at = pack.next(at);
    const std::size_t time_at =
        value_at == ListpackView::none ? ListpackView::none : pack.next(value_at);
    if (time_at == ListpackView::none)
      return std::unexpected("a hash has a field without a value or a time");
    const auto time_ms = pack.integer(time_at);
    if (!time_ms || (*time_ms != 0 && !is_possible(*time_ms)))
      return std::unexpected(impossible_time);
    if (!hash.insert(pack.get(at, field_scratch),
                     pack.get(value_at, value_scratch),
                     *time_ms == 0 ? store::no_expiry : *time_ms))
      return std::unexpected(twice);
  }
  return finished(std::move(entry));
}

// When the first field ends; no_expiry if none does.
std::int64_t earliest_expiry_ms(const HashView& hash, const std::vector<HashView::Place>& fields) {
  std::int64_t earliest_ms = store::no_expiry;
  for (const HashView::Place at : fields)
    earliest_ms = std::min(earliest_ms, hash.expiry_ms(at));
  return earliest_ms;
}

}  // namespace

Decoded<store::EntryPtr> read_hash(Decoder& decoder,
                                   ValueType type,
                                   std::string_view key,
                                   std::int64_t expiry_ms) {
  switch (type) {
    case ValueType::hash_listpack:
    case ValueType::hash_ziplist:
    case ValueType::hash_zipmap:
      return read_packed(decoder, type, key, expiry_ms);
    case ValueType::hash_timed_valkey:
      return read_valkey_triples(decoder, key, expiry_ms);
    case ValueType::hash_timed_listpack:
    case ValueType::hash_timed_preview_listpack:
      return read_packed_triples(decoder, type, key, expiry_ms);
    default:
      return read_pairs(decoder, type, key, expiry_ms);
  }
}

void append_hash(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress) {
  const HashView hash(entry);
  if (type == ValueType::hash_listpack) {
    Listpack scratch;
    return append_string(out, hash.packed_bytes(scratch), compress);
  }
  std::int64_t earliest_ms = store::no_expiry;
  std::vector<HashView::Place> fields;
  hash.places(fields);
  if (type == ValueType::hash_timed) {
    earliest_ms = earliest_expiry_ms(hash, fields);
    append_uint64(out, static_cast<std::uint64_t>(earliest_ms));
  }
  append_length(out, fields.size());
  char scratch[base::int64_digits_max];
  for (const HashView::Place at : fields) {
    if (type == ValueType::hash_timed) {
      const std::int64_t field_expiry_ms = hash.expiry_ms(at);
      append_length(out,
                    field_expiry_ms == store::no_expiry
                        ? 0
                        : static_cast<std::uint64_t>(field_expiry_ms - earliest_ms) + 1);
    }
    append_string(out, hash.field(at, scratch), compress);
    append_string(out, hash.value(at, scratch), compress);
  }
}

}  // namespace duplex::rdb
