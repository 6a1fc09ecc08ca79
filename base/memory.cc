// The global operator new over mimalloc (the system's allocator under sanitizers), with one
// counter per thread so that counting costs no shared cache line.
#include "base/memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DUPLEX_SYSTEM_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DUPLEX_SYSTEM_ALLOCATOR 1
#endif
#endif

#ifndef DUPLEX_SYSTEM_ALLOCATOR
#include <mimalloc.h>
#endif

namespace duplex::base {

namespace {

// Threads share the counters by number; more threads than counters only means sharing.
constexpr std::size_t counters_max = 64;

struct alignas(64) Counter {
  std::atomic<std::int64_t> bytes{0};
};

Counter counters[counters_max];
std::atomic<std::size_t> next_counter{0};
std::atomic<std::size_t> peak{0};

Counter& counter_of_this_thread() {
  static thread_local Counter& counter =
      counters[next_counter.fetch_add(1, std::memory_order_relaxed) % counters_max];
  return counter;
}

void count(std::int64_t bytes) {
  counter_of_this_thread().bytes.fetch_add(bytes, std::memory_order_relaxed);
}

// Not const: GCC takes a pointer to const bytes that nobody has written yet for a mistake.
std::size_t size_of_block(void* block) {
#ifdef DUPLEX_SYSTEM_ALLOCATOR
  return malloc_usable_size(block);
#else
  return mi_usable_size(block);
#endif
}

void* allocate(std::size_t bytes) {
#ifdef DUPLEX_SYSTEM_ALLOCATOR
  void* block = std::malloc(bytes);
#else
  void* block = mi_malloc(bytes);
#endif
  if (block == nullptr) std::abort();  // memory limits are gates before the allocation, not here
  count(static_cast<std::int64_t>(size_of_block(block)));
  return block;
}

void* allocate_aligned(std::size_t bytes, std::size_t alignment) {
#ifdef DUPLEX_SYSTEM_ALLOCATOR
  void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
#else
  void* block = mi_malloc_aligned(bytes, alignment);
#endif
  if (block == nullptr) std::abort();
  count(static_cast<std::int64_t>(size_of_block(block)));
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  count(-static_cast<std::int64_t>(size_of_block(block)));
#ifdef DUPLEX_SYSTEM_ALLOCATOR
  std::free(block);
#else
  mi_free(block);
#endif
}

}  // namespace

std::size_t usable_size(const void* block) {
  return size_of_block(const_cast<void*>(block));
}

std::size_t allocated_bytes() {
  std::int64_t sum = 0;
  for (const Counter& counter : counters)
    sum += counter.bytes.load(std::memory_order_relaxed);
  return sum > 0 ? static_cast<std::size_t>(sum) : 0;
}

void note_allocation_peak() {
  const std::size_t now = allocated_bytes();
  std::size_t seen = peak.load(std::memory_order_relaxed);
  while (now > seen && !peak.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
  }
}

std::size_t allocated_bytes_peak() {
  note_allocation_peak();
  return peak.load(std::memory_order_relaxed);
}

void release_unused_memory() {
#ifndef DUPLEX_SYSTEM_ALLOCATOR
  mi_collect(true);
#endif
}

std::string allocator_statistics() {
  std::string text;
#ifndef DUPLEX_SYSTEM_ALLOCATOR
  mi_stats_print_out(
      [](const char* part, void* out) { static_cast<std::string*>(out)->append(part); }, &text);
#endif
  return text;
}

}  // namespace duplex::base

void* operator new(std::size_t bytes) { return duplex::base::allocate(bytes); }
void* operator new[](std::size_t bytes) { return duplex::base::allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return duplex::base::allocate_aligned(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return duplex::base::allocate_aligned(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return duplex::base::allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return duplex::base::allocate(bytes);
}
void operator delete(void* block) noexcept { duplex::base::release(block); }
void operator delete[](void* block) noexcept { duplex::base::release(block); }
void operator delete(void* block, std::size_t) noexcept { duplex::base::release(block); }
void operator delete[](void* block, std::size_t) noexcept { duplex::base::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { duplex::base::release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { duplex::base::release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  duplex::base::release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  duplex::base::release(block);
}
