// The values of collections between RDB bytes and the keyspace, a file for each type.
#pragma once

#include "base/buffer.h"
#include "rdb/decoder.h"
#include "rdb/format.h"
#include "store/entry.h"

#include <cstdint>
#include <string_view>

namespace duplex::rdb {

// Everything is as read_value() and append_value() say; `type` is one that the function knows.

Decoded<store::EntryPtr> read_list(Decoder& decoder,
                                   ValueType type,
                                   std::string_view key,
                                   std::int64_t expiry_ms);
void append_list(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

Decoded<store::EntryPtr> read_set(Decoder& decoder,
                                  ValueType type,
                                  std::string_view key,
                                  std::int64_t expiry_ms);
void append_set(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

Decoded<store::EntryPtr> read_sorted_set(Decoder& decoder,
                                         ValueType type,
                                         std::string_view key,
                                         std::int64_t expiry_ms);
void append_sorted_set(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

Decoded<store::EntryPtr> read_hash(Decoder& decoder,
                                   ValueType type,
                                   std::string_view key,
                                   std::int64_t expiry_ms);
void append_hash(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

Decoded<store::EntryPtr> read_stream(Decoder& decoder,
                                     ValueType type,
                                     std::string_view key,
                                     std::int64_t expiry_ms);
void append_stream(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

}  // namespace duplex::rdb
