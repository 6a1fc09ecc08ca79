// Replies read back: what a command answered, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::resp {

// One value of RESP2 or RESP3.
struct ReplyValue {
  enum class Type : std::uint8_t {
    null,
    status,  // +OK
    error,   // -ERR … and !
    bulk,    // $ and =, without the format
    integer,
    number,  // a double; its text
    big,     // an integer of any size; its text
    boolean,
    array,  // also a push
    set,
    map,  // elements: key, value, key, value …
  };

  Type type = Type::null;
  std::string text{};        // status, error, bulk, number, big
  std::int64_t integer = 0;  // integer; boolean: 0 or 1
  std::vector<ReplyValue> elements{};

  bool is_error() const { return type == Type::error; }
  bool is_null() const { return type == Type::null; }
  // The value behind a key of a map; nullptr if there is none.
  const ReplyValue* find(std::string_view key) const;
};

// Takes one complete value from the front of `bytes`. Attributes are skipped. Nothing if the bytes
// are no complete value, or are nested deeper than 64.
std::optional<ReplyValue> read_reply(std::string_view& bytes);

}  // namespace duplex::resp
