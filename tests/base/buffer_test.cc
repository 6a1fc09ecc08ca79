// Buffer: growth, consumption, moving to the front, and a long run against a string.
#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

#include "base/random.h"

namespace duplex::base {
namespace {

TEST(Buffer, StartsEmptyAndWithoutMemory) {
  const Buffer buffer;

  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(Buffer, KeepsWhatIsAppendedInOrder) {
  Buffer buffer;

  buffer.append("first ");
  buffer.append('s');
  buffer.append("");
  buffer.append("econd");

  EXPECT_EQ(buffer.view(), "first second");
}

TEST(Buffer, ConsumesFromTheFront) {
  Buffer buffer;
  buffer.append("headbody");

  buffer.consume(4);

  EXPECT_EQ(buffer.view(), "body");
  EXPECT_EQ(buffer.size(), 4u);
}

TEST(Buffer, UsesItsWholeRoomAgainOnceEverythingIsConsumed) {
  Buffer buffer;
  buffer.append(std::string(100, 'a'));
  const std::size_t capacity = buffer.capacity();
  buffer.consume(100);

  buffer.append(std::string(capacity, 'b'));

  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.view(), std::string(capacity, 'b'));
}

TEST(Buffer, MovesItsBytesToTheFrontInsteadOfGrowing) {
  Buffer buffer;
  buffer.append("x");
  const std::size_t capacity = buffer.capacity();
  buffer.append(std::string(capacity - 5, 'x'));
  buffer.append("tail");
  buffer.consume(capacity - 4);

  buffer.append(std::string(capacity - 4, 'y'));

  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.view(), "tail" + std::string(capacity - 4, 'y'));
}

TEST(Buffer, GrowsWhenLittleIsConsumed) {
  Buffer buffer;
  buffer.append("x");
  const std::size_t capacity = buffer.capacity();
  buffer.append(std::string(capacity - 1, 'x'));
  buffer.consume(1);

  buffer.append("yy");

  EXPECT_GE(buffer.capacity(), 2 * capacity);
  EXPECT_EQ(buffer.view(), std::string(capacity - 1, 'x') + "yy");
}

TEST(Buffer, DoublesWhileSmallAndGrowsByAQuarterWhenLarge) {
  Buffer buffer;
  buffer.append(std::string(1024, 'x'));
  buffer.append('x');
  EXPECT_EQ(buffer.capacity(), 2048u);

  buffer.release();
  constexpr std::size_t large = std::size_t{4} << 20;
  buffer.append(std::string(large, 'x'));
  buffer.append('x');

  EXPECT_EQ(buffer.capacity(), large + large / 4);
}

TEST(Buffer, PrepareAndCommitMakeBytesReadable) {
  Buffer buffer;
  buffer.append("a");

  std::memcpy(buffer.prepare(300), "bcd", 3);
  buffer.commit(3);

  EXPECT_EQ(buffer.view(), "abcd");
}

TEST(Buffer, TruncateForgetsBytesAtTheEnd) {
  Buffer buffer;
  buffer.append("0123456789");
  buffer.consume(2);

  buffer.truncate(3);
  buffer.append("x");

  EXPECT_EQ(buffer.view(), "234x");
}

TEST(Buffer, ClearKeepsTheMemoryAndReleaseGivesItBack) {
  Buffer buffer;
  buffer.append(std::string(1000, 'x'));

  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_GE(buffer.capacity(), 1000u);

  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(Buffer, AMovedFromBufferIsEmptyAndUsable) {
  Buffer from;
  from.append("bytes");

  Buffer to(std::move(from));
  EXPECT_EQ(to.view(), "bytes");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
  from.append("new");
  to = std::move(from);

  EXPECT_EQ(to.view(), "new");
  EXPECT_EQ(from.capacity(), 0u);  // NOLINT(bugprone-use-after-move)
}

TEST(Buffer, EqualsAStringOverALongRun) {
  constexpr std::uint64_t seed = 1;
  Random random(seed);
  Buffer buffer;
  std::string model;

  for (int step = 0; step < 20'000; ++step) {
    if (random.below(2) == 0) {
      const std::string bytes(random.below(600), static_cast<char>('a' + random.below(26)));
      buffer.append(bytes);
      model += bytes;
    } else {
      const std::uint64_t bytes = random.below(model.size() + 1);
      buffer.consume(bytes);
      model.erase(0, bytes);
    }
    if (buffer.view() != model) FAIL() << "seed " << seed << " step " << step;
  }
}

TEST(BufferDeathTest, RefusesToConsumeMoreThanThereIs) {
  Buffer buffer;
  buffer.append("abc");

  EXPECT_DEBUG_DEATH(buffer.consume(4), "DUPLEX BUG");
}

}  // namespace
}  // namespace duplex::base
