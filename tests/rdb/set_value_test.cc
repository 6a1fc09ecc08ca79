// Sets as RDB values: the bytes of redis-server, forms chosen by size, and damage.
#include "base/buffer.h"
#include "rdb/crc64.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "store/set.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

using store::Encoding;
using store::Set;
using store::SetView;
using test::from_hex;
using test::to_hex;

using Members = std::set<std::string>;

Members contents(const store::Entry& entry) {
  Members members;
  SetView(entry).for_each([&](std::string_view member) { members.emplace(member); });
  return members;
}

std::string dump(const store::Entry& entry) {
  base::Buffer out;
  append_dump(out, entry, true);
  return std::string(out.view());
}

// A payload with this body and what belongs behind it.
std::string payload_of(std::string body) {
  body += std::string("\x0a\0", 2);
  const std::uint64_t checksum = crc64(0, body);
  return body.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

std::expected<store::EntryPtr, DumpError> read(std::string_view payload) {
  return read_dump(payload, "k", store::no_expiry);
}

TEST(SetValue, ReadsAndWritesTheBytesOfRedis) {
  const std::string integers = from_hex("0b0e0200000003000000fdff010002000a00d1b78ed9bc07c27f");
  const auto entry = read(integers);
  ASSERT_TRUE(entry);
  EXPECT_EQ((*entry)->encoding(), Encoding::intset);
  EXPECT_EQ(contents(**entry), (Members{"1", "2", "-3"}));
  EXPECT_EQ(to_hex(dump(**entry)), to_hex(integers));
}

TEST(SetValue, ReadsMembersOneByOne) {
  const auto texts = read(payload_of(std::string("\x02\x03\x01" "a\xc0\x05\x03" "007", 10)));
  ASSERT_TRUE(texts);
  EXPECT_EQ((*texts)->encoding(), Encoding::listpack);
  EXPECT_EQ(contents(**texts), (Members{"a", "5", "007"}));
  EXPECT_EQ(dump(**texts)[0], 2) << "Redis 7.0 reads no listpacks";
  const auto integers = read(payload_of("\x02\x02\xc0\x05\xc0\x06"));
  ASSERT_TRUE(integers);
  EXPECT_EQ((*integers)->encoding(), Encoding::intset);
}

TEST(SetValue, ReadsAListpack) {
  store::Listpack pack;
  for (const char* text : {"a", "1", "b"})
    pack.append(text);
  std::string body("\x14");
  body += static_cast<char>(pack.bytes());
  body += pack.blob();
  const auto entry = read(payload_of(body));
  ASSERT_TRUE(entry);
  EXPECT_EQ((*entry)->encoding(), Encoding::listpack);
  EXPECT_EQ(contents(**entry), (Members{"a", "1", "b"}));
}

TEST(SetValue, ComesBackAsItWas) {
  for (const int size : {1, 128, 129, 512, 513, 3000}) {
    for (const char* prefix : {"", "member "}) {
      const store::EntryPtr entry = Set::make("k", store::no_expiry, prefix);
      for (int i = 0; i < size; ++i)
        Set(*entry).add(prefix + std::to_string(i * 7));
      const auto again = read(dump(*entry));
      ASSERT_TRUE(again);
      EXPECT_EQ(contents(**again), contents(*entry));
    }
  }
}

TEST(SetValue, RefusesDamage) {
  // A member twice, fewer members than told, an intset that does not ascend.
  EXPECT_FALSE(read(payload_of("\x02\x02\x01" "a\x01" "a")));
  EXPECT_FALSE(read(payload_of("\x02\x02\xc0\x05\xc0\x05")));
  EXPECT_FALSE(read(payload_of("\x02\x03\x01" "a\x01" "b")));
  EXPECT_FALSE(read(payload_of(std::string("\x02\x81\x7f\xff\xff\xff\xff\xff\xff\xff", 10))));
  EXPECT_FALSE(read(payload_of(std::string("\x0b\x0c\x02\0\0\0\x02\0\0\0\x02\0\x01\0", 14))));
  store::Listpack twice;
  twice.append("a");
  twice.append("a");
  std::string body("\x14");
  body += static_cast<char>(twice.bytes());
  body += twice.blob();
  EXPECT_FALSE(read(payload_of(body)));
}

}  // namespace
}  // namespace duplex::rdb
