// Server-sent events: how messages become text, and how positions become the `id:` of an event.
#pragma once

#include "base/shared_bytes.h"
#include "pubsub/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// Where a reader stands in the history of a channel.
struct SsePosition {
  std::string channel;
  std::uint64_t epoch = 0;   // 0: the channel has no history
  std::uint64_t offset = 0;  // of the last publication read

  friend bool operator==(const SsePosition&, const SsePosition&) = default;
};

// "event:" and "data:" lines, without the empty line that ends an event: the id comes in between.
// What is not UTF-8 becomes base64.
std::string encode_event(std::string_view channel, std::string_view payload);
// The same of a message, from its cache.
base::SharedBytes shared_event(const pubsub::Message& message);

// "a:17-3,b:4-0": channel, epoch and offset of those that have a history, in their order. In names,
// '%', ',' and control characters are escaped as in addresses.
std::string encode_positions(const std::vector<SsePosition>& positions);
// Reads that back; nothing if it is something else.
std::optional<std::vector<SsePosition>> decode_positions(std::string_view text);

// A channel that can be named in an event.
bool is_event_name(std::string_view channel);

}  // namespace duplex::ws
