// Sorted sets as RDB values: redis-server's bytes, and bytes that are not a sorted set.
#include "base/buffer.h"
#include "base/numbers.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "rdb/value.h"
#include "store/packed_limits.h"
#include "store/sorted_set.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace duplex::rdb {
namespace {

using test::from_hex;
using test::to_hex;

// Made by redis-server 7.0.15: ZADD k 1 a 1.5 b -2 c inf d, kept in either way.
constexpr std::string_view packed_payload =
    "1122220000000800816302dffe02816102010181620283312e350481640283696e6604ff0a005a20b1feaacfbaf6";
constexpr std::string_view ranked_payload =
    "05040164000000000000f07f0162000000000000f83f0161000000000000f03f016300000000000000c00a006dd1a9"
    "40ba6251fc";

Decoded<store::EntryPtr> read(ValueType type, std::string_view bytes) {
  Decoder decoder(bytes);
  return read_value(decoder, type, "k", store::no_expiry);
}

std::string contents(const store::Entry& entry) {
  std::string all;
  store::SortedSetView(entry).visit_all([&](std::string_view text, double score) {
    all.append(text).append("=").append(base::format_double(score)).append(" ");
  });
  return all;
}

class Packed {
 public:
  explicit Packed(int entries) { store::packed_limits().zset_entries = entries; }
  ~Packed() { store::packed_limits().zset_entries = 128; }
};

TEST(SortedSetValue, writes_and_reads_the_bytes_of_redis) {
  for (const bool packed : {true, false}) {
    const Packed limit(packed ? 128 : 0);
    const std::string_view payload = packed ? packed_payload : ranked_payload;
    const auto entry = read_dump(from_hex(std::string(payload)), "k", store::no_expiry);
    ASSERT_TRUE(entry);
    EXPECT_EQ(contents(**entry), "c=-2 a=1 b=1.5 d=inf ");
    EXPECT_EQ((*entry)->encoding(),
              packed ? store::Encoding::listpack : store::Encoding::skiplist);
    base::Buffer out;
    append_dump(out, **entry, true);
    EXPECT_EQ(to_hex(out.view()), payload);
  }
}

TEST(SortedSetValue, converts_what_is_too_large_to_be_packed) {
  const Packed limit(3);
  const auto entry = read_dump(from_hex(std::string(packed_payload)), "k", store::no_expiry);
  ASSERT_TRUE(entry);
  EXPECT_EQ((*entry)->encoding(), store::Encoding::skiplist);
  EXPECT_EQ(contents(**entry), "c=-2 a=1 b=1.5 d=inf ");
}

TEST(SortedSetValue, keeps_many_members) {
  const store::EntryPtr made = store::SortedSet::make("k", 1'000'000);
  for (int i = 0; i < 3000; ++i)
    store::SortedSet(*made).put("member " + std::to_string(i), i * 7919 % 3000 / 4.0);
  base::Buffer out;
  const ValueType type = written_type(*made, written_version);
  append_value(out, *made, type, true);
  const auto entry = read(type, out.view());
  ASSERT_TRUE(entry) << entry.error();
  EXPECT_EQ(contents(**entry), contents(*made));
}

TEST(SortedSetValue, reads_scores_as_text) {
  const auto entry = read(ValueType::zset, from_hex("040161013201620431652d310163fe0164ff"));
  ASSERT_TRUE(entry) << entry.error();
  EXPECT_EQ(contents(**entry), "d=-inf b=0.1 a=2 c=inf ");
}

TEST(SortedSetValue, an_empty_one_is_no_value) {
  for (const auto& [type, bytes] : {std::pair(ValueType::zset, "00"),
                                    std::pair(ValueType::zset_2, "00"),
                                    std::pair(ValueType::zset_listpack, "07070000000000ff")}) {
    const auto entry = read(type, from_hex(bytes));
    ASSERT_TRUE(entry) << entry.error();
    EXPECT_EQ(*entry, nullptr);
  }
}

TEST(SortedSetValue, refuses_what_is_none) {
  struct Case {
    ValueType type;
    const char* bytes;
  };
  const Case cases[] = {
      {ValueType::zset_2, "810000ffffffffffff"},                              // a huge count
      {ValueType::zset_2, "010161000000000000f87f"},                          // NaN
      {ValueType::zset_2, "020161000000000000f03f0161000000000000f03f"},      // twice
      {ValueType::zset_2, "010161000000000000f0"},                            // ends early
      {ValueType::zset, "010161fd"},                                          // NaN
      {ValueType::zset, "01016103616263"},                                    // no number
      {ValueType::zset_listpack, "0a0a0000000100816102ff"},                  // no score
      {ValueType::zset_listpack, "0e0e0000000200816102816202ff"},             // a text as score
      {ValueType::zset_listpack, "1111000000040081620201018161020101ff"},     // out of order
      {ValueType::zset_listpack, "1111000000040081610201018161020201ff"},     // twice
      {ValueType::zset_listpack, "0707000000"},                               // ends early
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(read(c.type, from_hex(c.bytes))) << c.bytes;
  }
}

}  // namespace
}  // namespace duplex::rdb
