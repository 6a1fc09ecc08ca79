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
  std::string scratch;
  const auto text = decoder.string(scratch);
  if (!text) return std::unexpected(text.error());
  return store::Entry::make_string(key, *text, expiry_ms);
}

void append_string_value(base::Buffer& out, const store::Entry& entry, bool compress) {
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
    case ValueType::zset_listpack:
      return read_sorted_set;
    case ValueType::hash:
    case ValueType::hash_listpack:
    case ValueType::hash_ziplist:
    case ValueType::hash_zipmap:
    case ValueType::hash_timed_valkey:
    case ValueType::hash_timed:
    case ValueType::hash_timed_listpack:
      return read_hash;
    case ValueType::stream_listpacks:
    case ValueType::stream_listpacks_2:
    case ValueType::stream_listpacks_3:
      return read_stream;
    default:
      return nullptr;
  }
}

using Append = void (*)(base::Buffer&, const store::Entry&, bool);

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

bool is_readable(ValueType type, int version) {
  if (type == ValueType::hash_timed_valkey && version != valkey_version) return false;
  return reader_of(type) != nullptr;
}

Decoded<store::EntryPtr> read_value(Decoder& decoder,
                                    ValueType type,
                                    std::string_view key,
                                    std::int64_t expiry_ms) {
  const Read read = reader_of(type);
  DUPLEX_ASSERT(read != nullptr);
  return read(decoder, type, key, expiry_ms);
}

// Of what can be written in each case, what Redis 7.0 reads; packed forms are copied as they are.
// Times of fields are the exception: Redis 7.4 was the first to have them.
ValueType written_type(const store::Entry& entry) {
  const bool is_packed = entry.encoding() == store::Encoding::listpack;
  switch (entry.type()) {
    case store::ValueType::string:
      return ValueType::string;
    case store::ValueType::list:
      return ValueType::list_quicklist_2;
    case store::ValueType::set:
      return entry.encoding() == store::Encoding::intset ? ValueType::set_intset : ValueType::set;
    case store::ValueType::sorted_set:
      return is_packed ? ValueType::zset_listpack : ValueType::zset_2;
    case store::ValueType::hash:
      if (entry.has_timed_fields()) return ValueType::hash_timed;
      return is_packed ? ValueType::hash_listpack : ValueType::hash;
    case store::ValueType::stream:
      return ValueType::stream_listpacks_2;
  }
  DUPLEX_ASSERT(false);
}

void append_value(base::Buffer& out, const store::Entry& entry, bool compress) {
  const Append append = writer_of(entry.type());
  DUPLEX_ASSERT(append != nullptr);
  append(out, entry, compress);
}

}  // namespace duplex::rdb
