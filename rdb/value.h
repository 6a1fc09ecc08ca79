// A value between its RDB bytes and the keyspace.
#pragma once

#include "base/buffer.h"
#include "rdb/decoder.h"
#include "rdb/format.h"
#include "store/entry.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::rdb {

// What the type byte `code` means in a file or payload of `version`; nothing if read_value() does
// not know it.
std::optional<ValueType> readable_type(std::uint8_t code, int version);

// Takes the bytes behind the type byte and makes the key's entry of them. The result is nullptr for
// a collection without elements: old versions of Redis left such keys, which do not exist.
// Requires: `type` came from readable_type().
Decoded<store::EntryPtr> read_value(Decoder& decoder,
                                    ValueType type,
                                    std::string_view key,
                                    std::int64_t expiry_ms);

// The type byte under which append_value() writes the value of this entry in a file or payload of
// `version`. Times of fields need one that versions before 12 do not have: it is written all the
// same, because a reader that refuses it is better than one that loses them.
// Requires: written_version_min <= version <= written_version_max.
ValueType written_type(const store::Entry& entry, int version);

// Appends the bytes behind the type byte `type`, which is the entry's written_type(). `compress`:
// try LZF on long strings.
void append_value(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress);

}  // namespace duplex::rdb
