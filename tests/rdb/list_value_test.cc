// Lists as RDB values: redis-server's bytes, and bytes that are not a list.
#include "rdb/dump.h"

#include "base/buffer.h"
#include "base/numbers.h"
#include "rdb/hex.h"
#include "rdb/value.h"
#include "store/list.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::rdb {
namespace {

using test::from_hex;
using test::to_hex;

Decoded<store::EntryPtr> read(ValueType type, std::string_view bytes) {
  Decoder decoder(bytes);
  return read_value(decoder, type, "k", store::no_expiry);
}

std::vector<std::string> contents(const store::Entry& entry) {
  std::vector<std::string> all;
  store::ListView(entry).visit(0, [&](const store::ListpackItem& item) {
    char scratch[base::int64_digits_max];
    all.emplace_back(item.text(scratch));
    return true;
  });
  return all;
}

TEST(ListValue, writes_and_reads_the_bytes_of_redis) {
  // Made by redis-server 7.0.15: RPUSH k a b 1, DUMP k.
  constexpr std::string_view payload = "1201020f0f00000003008161028162020101ff0a00e01bab4a47ce5922";
  const store::EntryPtr made = store::List::make("k", store::no_expiry);
  const std::string_view texts[] = {"a", "b", "1"};
  store::List(*made).push(store::ListEnd::back, texts);
  base::Buffer out;
  append_dump(out, *made, true);
  EXPECT_EQ(to_hex(out.view()), payload);
  const auto read_back = read_dump(from_hex(std::string(payload)), "k", store::no_expiry);
  ASSERT_TRUE(read_back);
  EXPECT_EQ(contents(**read_back), (std::vector<std::string>{"a", "b", "1"}));
  EXPECT_EQ((*read_back)->encoding(), store::Encoding::listpack);
}

TEST(ListValue, keeps_nodes_and_large_texts) {
  const store::EntryPtr made = store::List::make("k", 1'000'000);
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i)
    texts.push_back(i % 700 == 0 ? std::string(20'000, 'l') : "element " + std::to_string(i));
  for (const std::string& text : texts)
    store::List(*made).push(store::ListEnd::back, text);
  for (const bool compress : {false, true}) {
    base::Buffer out;
    const ValueType type = written_type(*made, written_version);
    append_value(out, *made, type, compress);
    const auto read_back = read(type, out.view());
    ASSERT_TRUE(read_back) << read_back.error();
    EXPECT_EQ(contents(**read_back), texts);
    EXPECT_EQ((*read_back)->encoding(), store::Encoding::quicklist);
  }
}

TEST(ListValue, reads_the_oldest_form) {
  const auto list = read(ValueType::list, from_hex("0301610162c001"));
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(contents(**list), (std::vector<std::string>{"a", "b", "1"}));
}

TEST(ListValue, reads_ziplists) {
  const std::string ziplist = "14000000" "0f000000" "0300" "000161" "03f2" "02c08000" "ff";
  const std::vector<std::string> texts = {"a", "1", "128"};
  const auto single = read(ValueType::list_ziplist, from_hex("14" + ziplist));
  ASSERT_TRUE(single) << single.error();
  EXPECT_EQ(contents(**single), texts);
  EXPECT_EQ((*single)->encoding(), store::Encoding::listpack);
  const auto nodes = read(ValueType::list_quicklist, from_hex("0214" + ziplist + "14" + ziplist));
  ASSERT_TRUE(nodes) << nodes.error();
  EXPECT_EQ(contents(**nodes), (std::vector<std::string>{"a", "1", "128", "a", "1", "128"}));
  EXPECT_FALSE(read(ValueType::list_ziplist, from_hex("03616263")));
}

TEST(ListValue, an_empty_list_is_no_value) {
  for (const char* bytes : {"00", "010207070000000000ff"}) {
    const auto list = read(ValueType::list_quicklist_2, from_hex(bytes));
    ASSERT_TRUE(list) << list.error();
    EXPECT_EQ(*list, nullptr);
  }
}

TEST(ListValue, refuses_what_is_not_whole) {
  const std::string whole = from_hex("02010161020f0f00000003008161028162020101ff");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read(ValueType::list_quicklist_2, whole.substr(0, size))) << size;
  EXPECT_FALSE(read(ValueType::list_quicklist_2, from_hex("01030161")));
  EXPECT_FALSE(read(ValueType::list_quicklist_2,
                    from_hex("01020f0f00000004008161028162020101ff")));
  // A count that the bytes cannot hold is not believed.
  EXPECT_FALSE(read(ValueType::list, from_hex("81ffffffffffffffff0161")));
  EXPECT_FALSE(read(ValueType::list_quicklist_2, from_hex("81ffffffffffffffff010161")));
}

}  // namespace
}  // namespace duplex::rdb
