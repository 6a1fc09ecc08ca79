// MessagePack as the programs around Socket.IO write it, to JSON and back.
#pragma once

#include "realtime/json_text.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// A value in Socket.IO's way: JSON in which each piece of binary is an object
// {"_placeholder":true,"num":n}, and the pieces by their numbers.
struct JsonWithBinary {
  std::string json;
  std::vector<std::string> attachments;

  bool operator==(const JsonWithBinary&) const = default;
};

struct MsgpackLimits {
  // What a value may be nested in. As much as checked JSON may be deep, and a few levels that are
  // put around it.
  std::size_t depth = json_depth_max + 7;
  std::size_t json_bytes = std::size_t{16} << 20;  // of the result
};

// Reads one MessagePack value that takes up all of `bytes`. What JSON has no word for becomes what
// JSON.stringify() makes of it in Node.js: a timestamp an ISO 8601 text, NaN null, an undefined
// member is left out. Other extensions become [type, binary]. Text that is no UTF-8 gets U+FFFD.
// Nothing if the bytes are not MessagePack or beyond a limit.
std::optional<JsonWithBinary> json_from_msgpack(std::string_view bytes,
                                                const MsgpackLimits& limits = {});

// The same back, with the shortest form of each number and length; placeholders that name an
// attachment, written as above, become binary again. Requires: JSON, at most json_depth_max + 8
// levels deep.
std::string msgpack_from_json(std::string_view json, std::span<const std::string> attachments = {});

}  // namespace duplex::realtime
