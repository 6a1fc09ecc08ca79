// A value between its RDB bytes and the keyspace.
#pragma once

#include "base/buffer.h"
#include "rdb/decoder.h"
#include "rdb/format.h"

#include <string>
#include <string_view>

namespace duplex::rdb {

// What the bytes of a value say; the text is somebody else's memory.
struct Value {
  ValueType type = ValueType::string;
  std::string_view string;  // for ValueType::string

  friend bool operator==(const Value&, const Value&) = default;
};

// Whether read_value() knows the type.
bool is_readable(ValueType type);

// Takes the bytes behind the type byte. Parts that must be built go to `scratch`; the Value is
// valid as long as that and the decoder's bytes. Requires: is_readable(type).
Decoded<Value> read_value(Decoder& decoder, ValueType type, std::string& scratch);

// Appends the bytes behind the type byte. `compress`: try LZF on long strings.
void append_value(base::Buffer& out, const Value& value, bool compress);

}  // namespace duplex::rdb
