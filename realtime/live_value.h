// A key's value as JSON, for pages that watch it.
#pragma once

#include "realtime/command_runner.h"
#include "resp/reply_value.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::realtime {

struct LiveValue {
  // The members of an object: `"type":"hash","value":{…}`.
  std::string json;
  std::uint64_t version = 0;  // of commands::LiveKeys
};

// The value as RT.KEY answers it. Text is JSON strings; if there are other bytes anywhere in it,
// all its strings are in base64, and `"encoding":"base64"` stands beside them.
std::string live_value_json(std::string_view type, const resp::ReplyValue& value);

// The error is the command's.
std::expected<LiveValue, std::string> read_live_value(CommandRunner& commands,
                                                      RunAs as,
                                                      std::string_view key);

}  // namespace duplex::realtime
