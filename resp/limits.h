// Every maximum of the protocol, with Redis's name for it and what happens at the limit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace duplex::resp {

// PROTO_INLINE_MAX_SIZE: a longer line without its end is a protocol error.
inline constexpr std::size_t inline_bytes_max = 64 * 1024;

// Arguments of one request; more is a protocol error.
inline constexpr std::int64_t multibulk_count_max = 1024 * 1024;

// proto-max-bulk-len's default: a longer argument is a protocol error.
inline constexpr std::int64_t bulk_bytes_max = 512LL * 1024 * 1024;

// The same two for clients that still have to authenticate.
inline constexpr std::int64_t unauthenticated_multibulk_count_max = 10;
inline constexpr std::int64_t unauthenticated_bulk_bytes_max = 16384;

// client-query-buffer-limit's default: a client with more unexecuted input is closed.
inline constexpr std::size_t query_buffer_bytes_max = std::size_t{1} << 30;

}  // namespace duplex::resp
