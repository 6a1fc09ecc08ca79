// What an entry needs to know about the container behind its pointer, whatever type it is of.
#pragma once

#include "store/entry.h"

#include <cstddef>
#include <cstdint>

namespace duplex::store {

// Each container has destroy(), clone(), memory_bytes() and is_heavy(); here they are chosen by
// type and encoding. A container is handed around as the pointer that its entry keeps.
void destroy_collection(ValueType type, Encoding encoding, void* value);
void* clone_collection(ValueType type, Encoding encoding, const void* value);
// Bytes taken from the allocator, estimated from so many elements where there are more.
std::size_t collection_bytes(ValueType type,
                             Encoding encoding,
                             const void* value,
                             std::size_t samples);
// True if destroying it takes long enough to be left to the background.
bool is_heavy_collection(ValueType type, Encoding encoding, const void* value);

// Requires: the entry is a hash with timed fields.
std::int64_t earliest_field_expiry_ms(const Entry& entry);

}  // namespace duplex::store
