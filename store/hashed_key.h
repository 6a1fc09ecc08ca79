// A key with its cluster slot and its hash, computed once per command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.h"

namespace duplex::store {

inline constexpr std::size_t slot_count = 16384;
inline constexpr std::size_t shard_count = 1024;

// The part of a key that decides its slot: what stands in the first non-empty `{...}`, else all.
inline std::string_view hash_tag(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

inline std::uint16_t key_slot(std::string_view key) {
  return static_cast<std::uint16_t>(base::crc16(hash_tag(key)) % slot_count);
}

// Lifetime: `key` is a view and stays as valid as the bytes it was made from.
struct HashedKey {
  std::string_view key;
  std::uint64_t hash = 0;
  std::uint16_t slot = 0;

  HashedKey() = default;
  explicit HashedKey(std::string_view k) : key(k), hash(base::hash_bytes(k)), slot(key_slot(k)) {}

  std::uint16_t shard() const { return static_cast<std::uint16_t>(slot % shard_count); }
};

}  // namespace duplex::store
