// Memory counted where it is allocated: every operator new of the process passes here.
#pragma once

#include <cstddef>
#include <string>

namespace duplex::base {

// Bytes that operator new has handed out and not got back, over all threads, as the allocator
// rounds them. Exact when no thread allocates meanwhile. Thread: any; costs one pass over the
// threads' counters.
std::size_t allocated_bytes();

// The highest allocated_bytes() that note_peak() has seen.
std::size_t allocated_bytes_peak();
// Called from the servers' periodic work.
void note_allocation_peak();

// Gives memory that is not in use back to the system, as far as this thread's allocations go.
void release_unused_memory();
// What the allocator tells about itself, for people; empty if it tells nothing.
std::string allocator_statistics();

// The size the allocator really uses for a block that operator new returned.
std::size_t usable_size(const void* block);

}  // namespace duplex::base
