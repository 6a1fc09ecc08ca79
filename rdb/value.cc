// Values, dispatched by their type.
#include "rdb/value.h"

#include "base/assert.h"
#include "base/numbers.h"
#include "rdb/collection_values.h"
#include "rdb/encoder.h"

#include <string>

namespace duplex::rdb {

namespace {

Decoded<store::EntryPtr> read_string(Decoder& decoder,
                                     ValueType /*type*/,
                                     std::string_view key,
                                     std::int64_t expiry_ms) {
  const auto text = decoder.passing_string();
  if (!text) return std::unexpected(text.error());
  return store::Entry::make_string(key, *text, expiry_ms);
}

void append_string_value(base::Buffer& out,
                         const store::Entry& entry,
                         ValueType /*type*/,
                         bool compress) {
  char scratch[base::int64_digits_max];
  append_string(out, entry.text(scratch), compress);
}

using Read = Decoded<store::EntryPtr> (*)(Decoder&, ValueType, std::string_view, std::int64_t);

// nullptr for types that cannot be read.
Read reader_of(ValueType type) {
  switch (type) {
    case ValueType::string:
      return read_string;
    case ValueType::list:
    case ValueType::list_ziplist:
    case ValueType::list_quicklist:
    case ValueType::list_quicklist_2:
      return read_list;
    case ValueType::set:
    case ValueType::set_intset:
    case ValueType::set_listpack:
      return read_set;
    case ValueType::zset:
    case ValueType::zset_2:
    case ValueType::zset_ziplist:
    case ValueType::zset_listpack:
      return read_sorted_set;
    case ValueType::hash:
    case ValueType::hash_listpack:
    case ValueType::hash_ziplist:
    case ValueType::hash_zipmap:
    case ValueType::hash_timed_valkey:
    case ValueType::hash_timed:
    case ValueType::hash_timed_listpack:
    case ValueType::hash_timed_preview:
    case ValueType::hash_timed_preview_listpack:
      return read_hash;
    case ValueType::stream_listpacks:
    case ValueType::stream_listpacks_2:
    case ValueType::stream_listpacks_3:
      return read_stream;
    default:
      return nullptr;
  }
}

using Append = void (*)(base::Buffer&, const store::Entry&, ValueType, bool);

// nullptr for types that cannot be written.
Append writer_of(store::ValueType type) {
  switch (type) {
    case store::ValueType::string:
      return append_string_value;
    case store::ValueType::list:
      return append_list;
    case store::ValueType::set:
      return append_set;
    case store::ValueType::sorted_set:
      return append_sorted_set;
    case store::ValueType::hash:
      return append_hash;
    case store::ValueType::stream:
      return append_stream;
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<ValueType> readable_type(std::uint8_t code, int version) {
  constexpr std::uint8_t first_timed = 22;
  constexpr std::uint8_t second_timed = 23;
  constexpr int first_version_with_timed = 12;
  const bool is_valkey = version == valkey_version;
  auto type = static_cast<ValueType>(code);
  if (code == first_timed || code == second_timed) {
    if (is_valkey)
      return code == first_timed ? std::optional(ValueType::hash_timed_valkey) : std::nullopt;
    if (version < first_version_with_timed) return std::nullopt;
    type = code == first_timed ? ValueType::hash_timed_preview
                               : ValueType::hash_timed_preview_listpack;
  } else if (code > static_cast<std::uint8_t>(ValueType::hash_timed_listpack)) {
    return std::nullopt;
  } else if (is_valkey && code > second_timed) {
    return std::nullopt;
  }
  if (reader_of(type) == nullptr) return std::nullopt;
  return type;
}

Decoded<store::EntryPtr> read_value(Decoder& decoder,
                                    ValueType type,
                                    std::string_view key,
                                    std::int64_t expiry_ms) {
  const Read read = reader_of(type);
  DUPLEX_ASSERT(read != nullptr);
  return read(decoder, type, key, expiry_ms);
}

// Of what can be written in each case, the newest form that the version has; packed forms are
// copied as they are.
ValueType written_type(const store::Entry& entry, int version) {
  DUPLEX_ASSERT(version >= written_version_min && version <= written_version_max);
  constexpr int first_with_listpacks = 10;
  constexpr int first_with_packed_sets = 11;
  const bool is_packed =
      entry.encoding() == store::Encoding::listpack && version >= first_with_listpacks;
  switch (entry.type()) {
    case store::ValueType::string:
      return ValueType::string;
    case store::ValueType::list:
      return version >= first_with_listpacks ? ValueType::list_quicklist_2 : ValueType::list;
    case store::ValueType::set:
      if (entry.encoding() == store::Encoding::intset) return ValueType::set_intset;
      return is_packed && version >= first_with_packed_sets ? ValueType::set_listpack
                                                            : ValueType::set;
    case store::ValueType::sorted_set:
      return is_packed ? ValueType::zset_listpack : ValueType::zset_2;
    case store::ValueType::hash:
      if (entry.has_timed_fields()) return ValueType::hash_timed;
      return is_packed ? ValueType::hash_listpack : ValueType::hash;
    case store::ValueType::stream:
      if (version >= first_with_packed_sets) return ValueType::stream_listpacks_3;
      return version >= first_with_listpacks ? ValueType::stream_listpacks_2
                                             : ValueType::stream_listpacks;
  }
  DUPLEX_ASSERT(false);
}

void append_value(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress) {
  const Append append = writer_of(entry.type());
  DUPLEX_ASSERT(append != nullptr);
  append(out, entry, type, compress);
}

}  // namespace duplex::rdb
