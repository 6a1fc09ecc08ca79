// Values, one function per type.
#include "rdb/value.h"

#include "base/assert.h"
#include "rdb/encoder.h"

namespace duplex::rdb {

bool is_readable(ValueType type) {
  return type == ValueType::string;
}

Decoded<Value> read_value(Decoder& decoder, ValueType type, std::string& scratch) {
  DUPLEX_ASSERT(is_readable(type));
  const auto text = decoder.string(scratch);
  if (!text) return std::unexpected(text.error());
  return Value{.type = type, .string = *text};
}

void append_value(base::Buffer& out, const Value& value, bool compress) {
  DUPLEX_ASSERT(value.type == ValueType::string);
  append_string(out, value.string, compress);
}

}  // namespace duplex::rdb
