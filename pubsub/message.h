// One published message, shared by all its receivers, encoded at most once per wire form.
#pragma once

#include "base/mutex.h"
#include "base/shared_bytes.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::pubsub {

// How a channel name is meant.
enum class Kind : std::uint8_t {
  channel,        // SUBSCRIBE's
  pattern,        // PSUBSCRIBE's
  shard,          // SSUBSCRIBE's
  monitor,        // one channel without a name, on which MONITOR's lines are sent
  presence,       // who comes to a channel and who leaves it, for browsers that want to know
  control,        // what the server tells its own sessions: "user:<id>", "client:<id>"
  shard_pattern,  // what a pattern is for channels, for shard channels; no command makes one
};
inline constexpr std::size_t kinds = 7;

// Which patterns are for channels of this kind, if any.
constexpr std::optional<Kind> patterns_of(Kind kind) {
  if (kind == Kind::channel) return Kind::pattern;
  if (kind == Kind::shard) return Kind::shard_pattern;
  return std::nullopt;
}

// Names of wire forms. The rooms that speak them bring the encoders.
enum class Form : std::uint8_t {
  resp2,
  resp3,
  json_frame,           // the realtime protocol's push, as a WebSocket frame
  json_frame_deflated,  // the same, compressed
  event_stream,         // SSE
  socket_io,            // Socket.IO's event as a WebSocket frame; the pattern names the namespace
  socket_io_deflated,
};

// What a publication carries beside its payload.
struct Publication {
  // Its place in the channel's history; offset 0: the channel keeps none.
  std::uint64_t epoch = 0;
  std::uint64_t offset = 0;
  // Where the log has it: it must not leave before the log is written up to here. 0: nowhere.
  std::uint64_t log_position = 0;
  std::string info{};  // who published it, a JSON object, or empty
  std::string tags{};  // a JSON object, or empty
};

// Immutable but for the cache of its encodings.
// Thread: any.
class Message {
 public:
  Message(Kind kind, std::string_view channel, std::string_view payload)
      : kind_(kind), channel_(channel), payload_(payload) {}
  Message(Kind kind, std::string_view channel, std::string_view payload, Publication publication)
      : kind_(kind), channel_(channel), payload_(payload), publication_(std::move(publication)) {}

  // Not a pattern.
  Kind kind() const { return kind_; }
  std::string_view channel() const { return channel_; }
  std::string_view payload() const { return payload_; }
  const Publication& publication() const { return publication_; }

  // The message in a wire form as subscribers of `pattern` see it (empty: of the channel itself).
  // The first caller runs `encode(message, pattern)`, the others share its result.
  template <typename Encode>
  base::SharedBytes encoded(Form form, std::string_view pattern, Encode&& encode) const {
    const base::MutexLock lock(mutex_);
    for (const Encoding& known : encodings_)
      if (known.form == form && known.pattern == pattern) return known.bytes;
    auto bytes = std::make_shared<const std::string>(encode(*this, pattern));
    encodings_.push_back({form, std::string(pattern), bytes});
    return bytes;
  }

 private:
  struct Encoding {
    Form form;
    std::string pattern;
    base::SharedBytes bytes;
  };

  const Kind kind_;
  const std::string channel_;
  const std::string payload_;
  const Publication publication_;
  mutable base::Mutex mutex_{base::LockRank::leaf};
  mutable std::vector<Encoding> encodings_ DUPLEX_GUARDED_BY(mutex_);
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace duplex::pubsub
