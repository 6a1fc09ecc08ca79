// Up to which size collections are kept as one block of bytes.
#pragma once

#include <atomic>
#include <cstdint>

namespace duplex::store {

// The directives of the same names (hash-max-listpack-entries and so on), with Valkey's defaults.
// A collection is converted when it next grows beyond a limit, never because a limit changed.
//
// Thread: any.
struct PackedLimits {
  std::atomic<std::int64_t> hash_entries{512};
  std::atomic<std::int64_t> hash_value{64};
  // Positive: elements in a node; -1 to -5: 4, 8, 16, 32, 64 KiB.
  std::atomic<std::int64_t> list_size{-2};
  // How many nodes at each end of a list are not compressed; 0: none is.
  std::atomic<std::int64_t> list_compress_depth{0};
  std::atomic<std::int64_t> set_intset_entries{512};
  std::atomic<std::int64_t> set_listpack_entries{128};
  std::atomic<std::int64_t> set_listpack_value{64};
  std::atomic<std::int64_t> zset_entries{128};
  std::atomic<std::int64_t> zset_value{64};
  std::atomic<std::int64_t> stream_node_bytes{4096};
  std::atomic<std::int64_t> stream_node_entries{100};
  std::atomic<std::int64_t> hll_sparse_bytes{3000};
};

// The limits of this process.
PackedLimits& packed_limits();

}  // namespace duplex::store
