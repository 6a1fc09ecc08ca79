// HyperLogLogs: both encodings against plain registers, their counts, and damaged bytes.
#include "commands/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"

namespace duplex::commands {
namespace {

using Registers = HyperLogLog::Registers;

constexpr std::size_t never = 1 << 20;  // larger than sparse registers get

std::unique_ptr<Registers> registers_of(std::string_view bytes) {
  auto registers = std::make_unique<Registers>();
  EXPECT_TRUE(HyperLogLog::merge(bytes, *registers));
  return registers;
}

TEST(HyperLogLog, begins_empty_and_sparse) {
  const HyperLogLog log;
  EXPECT_EQ(log.bytes(), std::string_view("HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
  EXPECT_TRUE(HyperLogLog::has_header(log.bytes()));
  EXPECT_EQ(HyperLogLog::count(log.bytes()), 0u);
}

// Few registers and low values give neighbours that are joined, and runs that are split again.
TEST(HyperLogLog, both_encodings_keep_the_highest_values) {
  for (const std::size_t spread : {20u, 300u, 16384u}) {
    base::Random random(spread);
    HyperLogLog sparse;
    HyperLogLog dense;
    dense.make_dense();
    auto model = std::make_unique<Registers>();
    for (int step = 0; step < 20'000; ++step) {
      const HyperLogLog::Mark mark{
          .index = HyperLogLog::register_count - spread + random.below(spread),
          .value = static_cast<std::uint8_t>(1 + random.below(1 + random.below(32)))};
      const bool higher = mark.value > (*model)[mark.index];
      (*model)[mark.index] = std::max((*model)[mark.index], mark.value);
      ASSERT_EQ(sparse.raise(mark, never), higher);
      ASSERT_EQ(dense.raise(mark, never), higher);
    }
    EXPECT_FALSE(sparse.is_dense());
    EXPECT_EQ(*registers_of(sparse.bytes()), *model);
    EXPECT_EQ(*registers_of(dense.bytes()), *model);
    EXPECT_EQ(HyperLogLog::count(sparse.bytes()), HyperLogLog::count(dense.bytes()));
    EXPECT_EQ(HyperLogLog::count(sparse.bytes()), HyperLogLog::count(*model));
    ASSERT_TRUE(sparse.make_dense());
    EXPECT_EQ(*registers_of(sparse.bytes()), *model);
  }
}

TEST(HyperLogLog, becomes_dense_when_it_has_to) {
  HyperLogLog high;
  EXPECT_EQ(high.raise({5, 32}, 3000), true);
  EXPECT_FALSE(high.is_dense());
  EXPECT_EQ(high.raise({6, 33}, 3000), true);
  EXPECT_TRUE(high.is_dense());
  EXPECT_EQ((*registers_of(high.bytes()))[5], 32);
  EXPECT_EQ((*registers_of(high.bytes()))[6], 33);

  HyperLogLog large;
  std::size_t index = 0;
  while (!large.is_dense()) {
    ASSERT_LE(large.bytes().size(), 100u);
    large.raise({index += 2, static_cast<std::uint8_t>(1 + index % 7)}, 100);
  }
  EXPECT_GT(index, 40u);
}

TEST(HyperLogLog, counts_are_near_the_truth) {
  HyperLogLog log;
  for (std::uint64_t i = 1; i <= 300'000; ++i) {
    log.raise(HyperLogLog::mark_of("element " + std::to_string(i)), 3000);
    if (i % 50'000 != 0 && i != 10 && i != 1000) continue;
    const auto count = HyperLogLog::count(log.bytes());
    ASSERT_TRUE(count);
    const auto truth = static_cast<double>(i);
    EXPECT_LT(std::abs(static_cast<double>(*count) - truth), std::max(1.0, truth * 0.03)) << i;
  }
}

TEST(HyperLogLog, a_cached_count_is_forgotten) {
  HyperLogLog log;
  HyperLogLog::cache_count(log.data(), 77);
  EXPECT_EQ(HyperLogLog::cached_count(log.bytes()), 77u);
  HyperLogLog::forget_count(log.data());
  EXPECT_EQ(HyperLogLog::cached_count(log.bytes()), std::nullopt);
}

TEST(HyperLogLog, headers_are_checked) {
  EXPECT_FALSE(HyperLogLog::has_header(""));
  EXPECT_FALSE(HyperLogLog::has_header("HYLL"));
  EXPECT_FALSE(HyperLogLog::has_header(std::string(16, 'H')));
  std::string bytes = HyperLogLog().bytes();
  bytes[4] = 2;
  EXPECT_FALSE(HyperLogLog::has_header(bytes));
  bytes[4] = 0;
  EXPECT_FALSE(HyperLogLog::has_header(bytes)) << "dense, and too short for it";
}

// Whatever one byte becomes, and wherever the bytes end: nothing is read or written outside.
TEST(HyperLogLog, damaged_bytes_are_handled) {
  HyperLogLog log;
  base::Random random(1);
  for (int i = 0; i < 12; ++i)
    log.raise({random.below(16'000), static_cast<std::uint8_t>(1 + random.below(9))}, never);
  log.raise({100, 3}, never);
  log.raise({101, 3}, never);
  const auto use = [](const std::string& bytes) {
    if (!HyperLogLog::has_header(bytes)) return;
    auto registers = std::make_unique<Registers>();
    const bool whole = HyperLogLog::merge(bytes, *registers);
    EXPECT_EQ(HyperLogLog::count(bytes).has_value(), whole);
    HyperLogLog::describe(bytes);
    for (const std::size_t index : {0u, 100u, 101u, 8000u, 16'383u}) {
      HyperLogLog changed(bytes);
      const auto raised = changed.raise({index, 9}, never);
      if (!whole) continue;
      EXPECT_TRUE(raised);
      EXPECT_TRUE(HyperLogLog::count(changed.bytes()));
    }
    HyperLogLog dense(bytes);
    EXPECT_EQ(dense.make_dense(), whole);
  };
  for (std::size_t size = 0; size <= log.bytes().size(); ++size)
    use(log.bytes().substr(0, size));
  for (std::size_t at = 4; at < log.bytes().size(); ++at) {
    for (int byte = 0; byte < 256; byte += at < 16 ? 51 : 5) {
      std::string bytes = log.bytes();
      bytes[at] = static_cast<char>(byte);
      use(bytes);
    }
  }
}

}  // namespace
}  // namespace duplex::commands
