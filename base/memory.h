// Memory counted where it is allocated: every operator new of the process passes here.
#pragma once

#include <cstddef>

namespace duplex::base {

// Bytes that operator new has handed out and not got back, over all threads, as the allocator
// rounds them. Exact when no thread allocates meanwhile. Thread: any; costs one pass over the
// threads' counters.
std::size_t allocated_bytes();

// The highest allocated_bytes() that note_peak() has seen.
std::size_t allocated_bytes_peak();
// Called from the servers' periodic work.
void note_allocation_peak();

// The size the allocator really uses for a block that operator new returned.
std::size_t usable_size(const void* block);

}  // namespace duplex::base
