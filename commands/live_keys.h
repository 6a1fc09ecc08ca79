// Keys of database 0 whose changes are told to those who watch them live.
#pragma once

#include "store/hashed_key.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace duplex::commands {

// A change of a key is published as a control message on live_channel(key): the effects on the key
// as RESP arrays, with a version in the place of the offset. An entry that is added to a stream is
// published as a message on the channel stream_channel(key). Both are published under the lock of
// the key's shard, so that whoever reads the key under that lock knows which of them it has seen.
//
// Nobody watching costs one load per change. Thread: any.
class LiveKeys {
 public:
  virtual ~LiveKeys() = default;

  // One more or one fewer who watches the key, as a value or as a stream. To be called before the
  // key is read.
  void watch(std::string_view key) { count_of(key).fetch_add(1); }
  void unwatch(std::string_view key) { count_of(key).fetch_sub(1); }
  // False: nobody watches the key. True: perhaps somebody does.
  bool is_watched(const store::HashedKey& key) const {
    return counts_[key.hash % counts_.size()].load(std::memory_order_relaxed) != 0;
  }

  // Under the lock of the key's shard: the version of a change, and of what is read.
  std::uint64_t next_version() { return version_.fetch_add(1, std::memory_order_relaxed) + 1; }
  std::uint64_t version() const { return version_.load(std::memory_order_relaxed); }

  // An entry of a stream as text for those who watch it; fields and values take turns.
  virtual std::string entry_text(std::span<const std::string_view> fields) const = 0;

 private:
  std::atomic<std::uint32_t>& count_of(std::string_view key) {
    return counts_[store::HashedKey(key).hash % counts_.size()];
  }

  std::array<std::atomic<std::uint32_t>, 1024> counts_{};
  std::atomic<std::uint64_t> version_{0};
};

inline constexpr int live_database = 0;

inline std::string live_channel(std::string_view key) {
  return std::string("key:").append(key);
}
inline std::string stream_channel(std::string_view key) {
  return std::string("stream:").append(key);
}

// Entries of streams have offsets that fit into a JavaScript number; those with a higher sequence
// than this have none (0).
inline constexpr std::uint64_t stream_offset_sequences = 4096;
constexpr std::uint64_t stream_offset(std::uint64_t ms, std::uint64_t sequence) {
  return sequence < stream_offset_sequences ? ms * stream_offset_sequences + sequence : 0;
}

}  // namespace duplex::commands
