// One rule about channels: who may use those that match, and what is kept of them.
//
// As text: channel <pattern> sub=none|anon|jwt pub=none|anon|jwt|sub history=100 ttl=300s
// presence=yes joinleave=yes slow=disconnect|drop-oldest|conflate|resync persist=aof|no. Everything
// but the pattern may be left out.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::realtime {

// In the order of the words that the options take.
enum class Access : std::uint8_t {
  none,
  anonymous,   // everybody
  token,       // every client with a valid token
  subscribed,  // those who are subscribed to the channel
};

// What happens when a client reads a channel more slowly than it is written to.
enum class SlowPolicy : std::uint8_t {
  disconnect,
  drop_oldest,
  conflate,  // only the newest message is kept
  resync,    // what waits is dropped, and the client told to subscribe again and recover
};

struct ChannelRule {
  std::string pattern;  // a glob, as PSUBSCRIBE understands it
  Access subscribe = Access::none;
  Access publish = Access::none;
  std::uint32_t history = 0;  // how many publications are kept; 0: none
  std::int64_t ttl_ms = 0;    // how long they are kept after the last one; 0: for ever
  bool presence = false;      // who is there may be asked
  bool join_leave = false;    // comings and goings are told to those who want to know
  std::optional<SlowPolicy> slow = {};
  bool persist = true;           // history is written to the log

  // What is done where the rule does not say: without history nothing could be recovered.
  SlowPolicy slow_policy() const {
    return slow.value_or(history > 0 ? SlowPolicy::resync : SlowPolicy::disconnect);
  }
  bool operator==(const ChannelRule&) const = default;
};

// Reads the options (`name=value`) of a rule; the error is a sentence for the operator.
std::expected<ChannelRule, std::string> parse_channel_rule(std::string_view pattern,
                                                           std::span<const std::string> options);

// The options as text that parse_channel_rule() reads: `sub` and `pub`, and those of the others
// that are not what they are by default.
std::string format_channel_options(const ChannelRule& rule);

}  // namespace duplex::realtime
