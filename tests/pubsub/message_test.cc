// A message and its encodings, each made once.
#include "pubsub/message.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace duplex::pubsub {
namespace {

TEST(Message, IsEncodedOncePerFormAndPattern) {
  const Message message(Kind::channel, "news", std::string_view("a\0b", 3));
  int runs = 0;
  const auto encode = [&](const Message& m, std::string_view pattern) {
    ++runs;
    return std::string(pattern) + "|" + std::string(m.channel()) + "|" + std::string(m.payload());
  };

  const base::SharedBytes first = message.encoded(Form::resp2, "", encode);
  const base::SharedBytes again = message.encoded(Form::resp2, "", encode);
  const base::SharedBytes other_form = message.encoded(Form::resp3, "", encode);
  const base::SharedBytes pattern = message.encoded(Form::resp2, "n*", encode);

  EXPECT_EQ(first, again);
  EXPECT_NE(first, other_form);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(*first, std::string("|news|a\0b", 9));
  EXPECT_EQ(*pattern, std::string("n*|news|a\0b", 11));
  EXPECT_EQ(message.kind(), Kind::channel);
}

TEST(Message, SeveralThreadsShareOneEncoding) {
  const Message message(Kind::channel, "news", "payload");
  int runs = 0;
  std::vector<base::SharedBytes> seen(4);
  std::vector<std::thread> threads;

  for (base::SharedBytes& bytes : seen)
    threads.emplace_back([&] {
      bytes = message.encoded(Form::resp2, "", [&](const Message& m, std::string_view) {
        ++runs;
        return std::string(m.payload());
      });
    });
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(runs, 1);
  for (const base::SharedBytes& bytes : seen)
    EXPECT_EQ(bytes, seen[0]);
}

}  // namespace
}  // namespace duplex::pubsub
