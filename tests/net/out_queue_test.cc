// The queue keeps order over copied and shared parts, whatever pieces the kernel takes.
#include "net/out_queue.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace duplex::net {
namespace {

base::SharedBytes shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string gathered_text(OutQueue& queue, std::size_t segments_max, std::size_t bytes_max) {
  std::array<iovec, 64> segments;
  const auto gathered = queue.gather(std::span(segments).first(segments_max), bytes_max);
  std::string text;
  for (std::size_t i = 0; i < gathered.segments; ++i)
    text.append(static_cast<const char*>(segments[i].iov_base), segments[i].iov_len);
  EXPECT_EQ(text.size(), gathered.bytes);
  return text;
}

TEST(OutQueue, CopiesSmallSharedMessages) {
  OutQueue queue;

  queue.tail().append("+OK\r\n");
  queue.append_shared(shared(std::string(copied_message_bytes_max, 'm')));

  EXPECT_FALSE(queue.has_sealed());
  EXPECT_EQ(queue.size(), 5 + copied_message_bytes_max);
}

TEST(OutQueue, KeepsLargeSharedMessagesByReference) {
  OutQueue queue;
  const auto message = shared(std::string(copied_message_bytes_max + 1, 'm'));

  queue.append_shared(message);
  EXPECT_EQ(message.use_count(), 2);

  queue.consume(message->size());
  EXPECT_EQ(message.use_count(), 1);
  EXPECT_TRUE(queue.empty());
}

TEST(OutQueue, GathersInOrderOfAppending) {
  OutQueue queue;
  const std::string first(2000, 'a');
  const std::string second(3000, 'b');

  queue.tail().append("one ");
  queue.append_shared(shared(first));
  queue.tail().append(" two ");
  queue.append_shared(shared(second));
  queue.tail().append(" three");

  EXPECT_EQ(gathered_text(queue, 64, 1 << 20), "one " + first + " two " + second + " three");
}

TEST(OutQueue, NeverSkipsASegmentForTheTail) {
  OutQueue queue;
  queue.append_shared(shared(std::string(2000, 'a')));
  queue.append_shared(shared(std::string(2000, 'b')));
  queue.tail().append("tail");

  EXPECT_EQ(gathered_text(queue, 1, 1 << 20), std::string(2000, 'a'));
  EXPECT_EQ(gathered_text(queue, 64, 2001), std::string(2000, 'a') + "b");
}

TEST(OutQueue, SealedBytesDoNotMoveWhileTheTailGrows) {
  OutQueue queue;
  queue.tail().append("sealed");
  queue.seal();
  std::array<iovec, 4> before;
  queue.gather(before, 6);

  for (int i = 0; i < 10'000; ++i)
    queue.tail().append("more");
  std::array<iovec, 4> after;
  queue.gather(after, 6);

  EXPECT_EQ(before[0].iov_base, after[0].iov_base);
}

TEST(OutQueue, GivesLargeMemoryBackWhenDrained) {
  OutQueue queue;
  queue.tail().append(std::string(retained_queue_bytes_max * 4, 'x'));

  queue.consume(queue.size());

  EXPECT_EQ(queue.tail().capacity(), 0u);
}

TEST(OutQueue, EqualsAPlainStringUnderRandomUse) {
  base::Random random(20240601);
  OutQueue queue;
  std::string model;
  for (int step = 0; step < 20'000; ++step) {
    const auto letter = static_cast<char>('a' + step % 26);
    switch (random.below(5)) {
      case 0:
      case 1: {
        const std::string text(random.below(300), letter);
        queue.tail().append(text);
        model += text;
        break;
      }
      case 2: {
        const std::string text(random.below(3000), letter);
        queue.append_shared(shared(text));
        model += text;
        break;
      }
      case 3:
        queue.seal();
        break;
      default: {
        const std::size_t bytes = random.below(model.size() + 1);
        queue.consume(bytes);
        model.erase(0, bytes);
        break;
      }
    }
    ASSERT_EQ(queue.size(), model.size());
    const std::string front = gathered_text(queue, 1 + random.below(64), 1 + random.below(5000));
    ASSERT_EQ(front, model.substr(0, front.size()));
    ASSERT_EQ(front.empty(), model.empty());
  }
}

}  // namespace
}  // namespace duplex::net
