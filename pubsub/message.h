// One published message, shared by all its receivers, encoded at most once per wire form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/shared_bytes.h"

namespace duplex::pubsub {

// How a channel name is meant: SUBSCRIBE's, PSUBSCRIBE's or SSUBSCRIBE's; `monitor` has one channel
// without a name, on which MONITOR's lines are sent.
enum class Kind : std::uint8_t { channel, pattern, shard, monitor };
inline constexpr std::size_t kinds = 4;

// Names of wire forms. The rooms that speak them bring the encoders.
enum class Form : std::uint8_t { resp2, resp3, json_frame };

// Immutable but for the cache of its encodings.
// Thread: any.
class Message {
 public:
  Message(Kind kind, std::string_view channel, std::string_view payload)
      : kind_(kind), channel_(channel), payload_(payload) {}

  // Not a pattern.
  Kind kind() const { return kind_; }
  std::string_view channel() const { return channel_; }
  std::string_view payload() const { return payload_; }

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
  mutable base::Mutex mutex_{base::LockRank::leaf};
  mutable std::vector<Encoding> encodings_ DUPLEX_GUARDED_BY(mutex_);
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace duplex::pubsub
