// The cursors of SCAN and of HSCAN, SSCAN, ZSCAN: numbers that say where in the order of hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

// Everything in the shards before this one, and everything with a lower hash in this one, has been
// returned. As a number it stays below 2^53, so that clients may keep it in a double:
//
//   upper 43 bits of the hash | 10 bits of the shard
//
// Invariant: 0 is the start; nothing else is written as 0.
struct ScanCursor {
  static constexpr unsigned shard_bits = 10;
  static constexpr unsigned hash_bits = 43;

  std::size_t shard = 0;
  std::uint64_t hash = 0;

  // Requires: `hash` comes from Table::scan(), so its lower bits are zero.
  std::uint64_t number() const {
    return hash >> (64 - hash_bits) << shard_bits | static_cast<std::uint64_t>(shard);
  }
  static ScanCursor of(std::uint64_t number) {
    return {.shard = static_cast<std::size_t>(number & ((1u << shard_bits) - 1)),
            .hash = number >> shard_bits << (64 - hash_bits)};
  }
  static std::optional<ScanCursor> parse(std::string_view text);
};

// Reads what a client sent: any 64-bit number, as strtoull takes it, without a leading blank.
std::optional<std::uint64_t> parse_cursor(std::string_view text);

// The place in one collection: the upper 53 bits of a hash, so that it is the same for clients.
// Requires: a hash comes from PageTable::scan(), so its lower bits are zero.
inline constexpr unsigned element_cursor_bits = 53;
constexpr std::uint64_t element_cursor(std::uint64_t hash) {
  return hash >> (64 - element_cursor_bits);
}
constexpr std::uint64_t element_hash(std::uint64_t cursor) {
  return cursor << (64 - element_cursor_bits);
}

// The only shard that can hold keys matching the pattern, if its hash tag, or the whole of it, is
// free of wildcards.
std::optional<std::size_t> only_shard(std::string_view pattern);

}  // namespace duplex::commands
