// Replies to commands as the REST door writes them in JSON.
#pragma once

#include "resp/reply_value.h"

#include <string>
#include <string_view>

namespace duplex::ws {

enum class RestEncoding : bool {
  plain,   // bytes that are not UTF-8 become U+FFFD
  base64,  // texts as base64, all but OK
};

// {"result":…} or {"error":"…"}.
std::string rest_reply(const resp::ReplyValue& value, RestEncoding encoding);
std::string rest_error(std::string_view text);

}  // namespace duplex::ws
