// Intsets: their bytes, and what they answer, against a set of integers.
#include "store/intset.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

Intset intset_of(std::initializer_list<std::int64_t> integers) {
  Intset set;
  for (const std::int64_t integer : integers)
    set.add(integer);
  return set;
}

std::vector<std::int64_t> contents(const IntsetView& set) {
  std::vector<std::int64_t> all;
  set.for_each([&](std::int64_t integer) { all.push_back(integer); });
  return all;
}

std::string bytes_of(const Intset& set) { return std::string(set.blob()); }

std::string literal(std::initializer_list<unsigned> bytes) {
  std::string text;
  for (const unsigned byte : bytes)
    text += static_cast<char>(byte);
  return text;
}

TEST(Intset, bytes_are_those_of_redis) {
  EXPECT_EQ(bytes_of(Intset()), literal({2, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(bytes_of(intset_of({2, 1, -3})),
            literal({2, 0, 0, 0, 3, 0, 0, 0, 0xfd, 0xff, 1, 0, 2, 0}));
  EXPECT_EQ(bytes_of(intset_of({1, 70'000})),
            literal({4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x70, 0x11, 1, 0}));
  EXPECT_EQ(bytes_of(intset_of({5, lowest})),
            literal({8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 5, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Intset, width_grows_at_the_borders_and_stays) {
  EXPECT_EQ(intset_of({32'767, -32'768}).width(), 2u);
  EXPECT_EQ(intset_of({32'768}).width(), 4u);
  EXPECT_EQ(intset_of({-32'769}).width(), 4u);
  EXPECT_EQ(intset_of({2'147'483'647, -2'147'483'648}).width(), 4u);
  EXPECT_EQ(intset_of({2'147'483'648}).width(), 8u);
  EXPECT_EQ(intset_of({-2'147'483'649}).width(), 8u);
  Intset set = intset_of({1, highest, lowest});
  EXPECT_EQ(contents(set), (std::vector<std::int64_t>{lowest, 1, highest}));
  EXPECT_TRUE(set.erase(highest));
  EXPECT_TRUE(set.erase(lowest));
  EXPECT_EQ(set.width(), 8u);
  EXPECT_TRUE(set.contains(1));
}

TEST(Intset, adds_each_integer_once) {
  Intset set;
  EXPECT_TRUE(set.add(7));
  EXPECT_FALSE(set.add(7));
  EXPECT_FALSE(set.erase(8));
  EXPECT_FALSE(set.contains(100'000));
  EXPECT_TRUE(set.erase(7));
  EXPECT_EQ(set.size(), 0u);
}

TEST(Intset, copies_and_moves_keep_the_integers) {
  Intset set = intset_of({1, 2, 3});
  void* twin = Intset::clone(set.blob().data());
  Intset copy = Intset::adopt(twin);
  set.erase(2);
  EXPECT_EQ(contents(copy), (std::vector<std::int64_t>{1, 2, 3}));
  set = std::move(copy);
  EXPECT_EQ(contents(set), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_GE(Intset::memory_bytes(set.blob().data()), set.bytes());
}

TEST(Intset, does_what_a_set_of_integers_does) {
  for (const int width : {1, 10, 20, 40, 63}) {
    base::Random random(static_cast<std::uint64_t>(width));
    Intset set;
    std::set<std::int64_t> model;
    for (int step = 0; step < 20'000; ++step) {
      // Few of the small ones, so that they come again; wide ones now and then.
      const bool wide = random.below(50) == 0;
      std::int64_t integer = static_cast<std::int64_t>(random.below(1000)) - 500;
      if (wide) integer = static_cast<std::int64_t>(random.next()) >> (64 - width);
      // Grows for a time, then shrinks.
      const bool grows = (step / 2000) % 2 == 0;
      if (random.below(4) == 0 ? !grows : grows) {
        ASSERT_EQ(set.add(integer), model.insert(integer).second);
      } else if (!model.empty() && random.below(2) == 0) {
        const std::size_t index = random.below(set.size());
        model.erase(set.at(index));
        set.erase_at(index);
      } else {
        ASSERT_EQ(set.erase(integer), model.erase(integer) == 1);
      }
      ASSERT_EQ(set.size(), model.size());
      ASSERT_EQ(set.contains(integer), model.contains(integer));
    }
    EXPECT_EQ(contents(set), std::vector<std::int64_t>(model.begin(), model.end()));
    EXPECT_TRUE(IntsetView::is_valid(set.blob()));
  }
}

TEST(Intset, bytes_that_are_none_are_found_out) {
  for (const Intset& set :
       {intset_of({1, 2, 3}), intset_of({-1, 70'000}), intset_of({lowest, 0, highest}), Intset()}) {
    const std::string bytes = bytes_of(set);
    EXPECT_TRUE(IntsetView::is_valid(bytes));
    EXPECT_FALSE(IntsetView::is_valid(bytes + '\0'));
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(IntsetView::is_valid(std::string_view(bytes).substr(0, size))) << size;
  }
  // Not ascending; twice the same; a width that is none.
  EXPECT_FALSE(IntsetView::is_valid(literal({2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0})));
  EXPECT_FALSE(IntsetView::is_valid(literal({2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0})));
  EXPECT_FALSE(IntsetView::is_valid(literal({1, 0, 0, 0, 2, 0, 0, 0, 1, 2})));
  EXPECT_FALSE(IntsetView::is_valid(literal({0, 0, 0, 0, 0, 0, 0, 0})));
  EXPECT_FALSE(IntsetView::is_valid(literal({2, 0, 0, 0, 255, 255, 255, 255, 1, 0})));
}

// Whatever one byte becomes: what is still valid is read within its bytes, in ascending order.
TEST(Intset, changed_bytes_are_read_safely) {
  for (const Intset& set :
       {intset_of({1, 2, 300}), intset_of({-1, 70'000}), intset_of({highest})}) {
    for (std::size_t at = 0; at < set.bytes(); ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string bytes = bytes_of(set);
        bytes[at] = static_cast<char>(byte);
        if (!IntsetView::is_valid(bytes)) continue;
        const Intset read = Intset::from_bytes(bytes);
        const std::vector<std::int64_t> all = contents(read);
        const std::set<std::int64_t> ordered(all.begin(), all.end());
        ASSERT_EQ(all, std::vector<std::int64_t>(ordered.begin(), ordered.end()));
        for (const std::int64_t integer : all)
          ASSERT_TRUE(read.contains(integer));
      }
    }
  }
}

}  // namespace
}  // namespace duplex::store
