// The numbers of the RDB format: versions, record codes, value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::rdb {

// Redis 7.2 and Valkey 7.2 to 8.1 write 11, Redis 7.4 to 8.4 write 12; 10 is what Redis 7.0 and
// everything newer reads.
inline constexpr int version_max = 12;
inline constexpr int written_version = 10;
// `rdb-compat-version`: 9 is for Redis 5 and 6, 11 for Redis 7.2 and Valkey 7.2 to 8.1.
inline constexpr int written_version_min = 9;
inline constexpr int written_version_max = 12;
// Files before this version end without a checksum.
inline constexpr int first_version_with_checksum = 5;

inline constexpr std::string_view magic = "REDIS";
// Valkey 9.0 and 9.1 write this version behind a magic of their own.
inline constexpr std::string_view valkey_magic = "VALKEY";
inline constexpr int valkey_version = 80;
inline constexpr std::size_t header_bytes = 9;
inline constexpr std::size_t checksum_bytes = 8;

// What begins a record, when it is not a value type.
enum class Opcode : std::uint8_t {
  slot_info = 244,
  function2 = 245,
  function_preview = 246,  // of release candidates of Redis 7.0
  module_aux = 247,
  idle = 248,
  frequency = 249,
  aux = 250,
  resize_db = 251,
  expire_ms = 252,
  expire_s = 253,
  select_db = 254,
  end = 255,
};

inline constexpr std::uint8_t lowest_opcode = 240;

enum class ValueType : std::uint8_t {
  string = 0,
  list = 1,
  set = 2,
  zset = 3,
  hash = 4,
  zset_2 = 5,
  module_preview = 6,
  module_2 = 7,
  hash_zipmap = 9,
  list_ziplist = 10,
  set_intset = 11,
  zset_ziplist = 12,
  hash_ziplist = 13,
  list_quicklist = 14,
  stream_listpacks = 15,
  hash_listpack = 16,
  zset_listpack = 17,
  list_quicklist_2 = 18,
  stream_listpacks_2 = 19,
  set_listpack = 20,
  stream_listpacks_3 = 21,
  // Only in files and payloads of Valkey; elsewhere 22 and 23 are the previews below.
  hash_timed_valkey = 22,
  // Hashes whose fields end. Older versions refuse them, which is better than to lose the times.
  hash_timed = 24,
  hash_timed_listpack = 25,
  // 22 and 23 as release candidates of Redis 7.4 wrote them; these numbers are not the format's.
  hash_timed_preview = 238,
  hash_timed_preview_listpack = 239,
};

// "hash as listpack" and the like, for messages; "unknown" for numbers that no version up to
// version_max has.
std::string_view name_of(ValueType type);

}  // namespace duplex::rdb
