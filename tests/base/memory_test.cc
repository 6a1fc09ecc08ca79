// The counters of operator new: each form counts, and all threads together.
#include "base/memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace duplex::base {
namespace {

// Lets the compiler think that somebody looks at the block: it may leave out a pair of new and
// delete that nobody can see, and with optimization it does.
template <typename T>
T* seen(T* block) {
  asm volatile("" : : "g"(block) : "memory");
  return block;
}

TEST(Memory, CountsWhatIsAllocatedAndFreed) {
  const std::size_t before = allocated_bytes();

  void* const block = seen(::operator new(100'000));
  const std::size_t during = allocated_bytes();
  const std::size_t usable = usable_size(block);
  ::operator delete(block);

  EXPECT_GE(usable, 100'000u);
  EXPECT_EQ(during - before, usable);
  EXPECT_EQ(allocated_bytes(), before);
}

TEST(Memory, CountsEveryFormOfNew) {
  struct alignas(128) Aligned {
    char bytes[256];
  };
  const std::size_t before = allocated_bytes();

  const auto* one = seen(new int(1));
  const auto* several = seen(new int[1000]);
  const auto* aligned = seen(new Aligned());
  const auto* aligned_several = seen(new Aligned[3]);
  const auto* quiet = seen(new (std::nothrow) char[5000]);
  const std::size_t during = allocated_bytes();
  const auto address = reinterpret_cast<std::uintptr_t>(aligned);
  delete one;
  delete[] several;
  delete aligned;
  delete[] aligned_several;
  delete[] quiet;

  EXPECT_GE(during - before, sizeof(int) * 1001 + sizeof(Aligned) * 4 + 5000);
  EXPECT_EQ(address % alignof(Aligned), 0u);
  EXPECT_EQ(allocated_bytes(), before);
}

TEST(Memory, DeletingNothingCountsNothing) {
  const std::size_t before = allocated_bytes();

  ::operator delete(nullptr);

  EXPECT_EQ(allocated_bytes(), before);
}

TEST(Memory, CountsABlockThatAnotherThreadFrees) {
  const std::size_t before = allocated_bytes();
  std::vector<std::unique_ptr<char[]>> blocks(100);

  for (auto& block : blocks)
    block = std::make_unique<char[]>(1000);
  std::thread([&] { blocks.clear(); }).join();

  // The thread itself may have left a little behind in the C library.
  EXPECT_LT(allocated_bytes(), before + 10'000);
}

TEST(Memory, SumsOverMoreThreadsThanCounters) {
  constexpr std::size_t threads = 100;
  std::vector<std::unique_ptr<char[]>> blocks(threads);
  const std::size_t before = allocated_bytes();

  for (std::size_t i = 0; i < threads; ++i)
    std::thread([&, i] { blocks[i] = std::make_unique<char[]>(10'000); }).join();

  EXPECT_GE(allocated_bytes() - before, threads * 10'000);
}

TEST(Memory, RemembersThePeak) {
  const std::size_t size = std::size_t{8} << 20;
  {
    const auto block = std::make_unique_for_overwrite<char[]>(size);
    seen(block.get());
    note_allocation_peak();
  }

  EXPECT_GE(allocated_bytes_peak(), allocated_bytes() + size / 2);
}

}  // namespace
}  // namespace duplex::base
