// Hashes as RDB values: the bytes of redis-server, times of fields, and damage.
#include "base/buffer.h"
#include "rdb/crc64.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "store/hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

using store::Hash;
using store::HashView;
using test::from_hex;
using test::to_hex;

using Pairs = std::map<std::string, std::string>;

Pairs contents(const store::Entry& entry) {
  Pairs pairs;
  HashView(entry).for_each(
      [&](std::string_view field, std::string_view value) { pairs.emplace(field, value); });
  return pairs;
}

std::string dump(const store::Entry& entry) {
  base::Buffer out;
  append_dump(out, entry, true);
  return std::string(out.view());
}

// A payload with this body and what belongs behind it.
std::string payload_of(std::string body, char version = 10) {
  body += version;
  body += '\0';
  const std::uint64_t checksum = crc64(0, body);
  return body.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

std::expected<store::EntryPtr, DumpError> read(std::string_view payload) {
  return read_dump(payload, "k", store::no_expiry);
}

TEST(HashValue, ReadsAndWritesTheBytesOfRedis) {
  const std::string packed = from_hex("100d0d0000000200816602817602ff0a0020f13d442354089d");
  const auto entry = read(packed);
  ASSERT_TRUE(entry);
  EXPECT_EQ((*entry)->encoding(), store::Encoding::listpack);
  EXPECT_EQ(contents(**entry), (Pairs{{"f", "v"}}));
  EXPECT_EQ(to_hex(dump(**entry)), to_hex(packed));

  const auto pairs = read(from_hex("0402016ec005016601760a008e8cc45af376f18b"));
  ASSERT_TRUE(pairs);
  EXPECT_EQ(contents(**pairs), (Pairs{{"f", "v"}, {"n", "5"}}));
}

TEST(HashValue, ComesBackAsItWas) {
  for (const int size : {1, 512, 513, 2000}) {
    const store::EntryPtr entry = Hash::make("k", store::no_expiry);
    for (int i = 0; i < size; ++i)
      Hash(*entry).set("field" + std::to_string(i), std::to_string(i * i));
    const auto again = read(dump(*entry));
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->encoding(), entry->encoding());
    EXPECT_EQ(contents(**again), contents(*entry));
  }
}

TEST(HashValue, KeepsTheTimesOfFields) {
  const store::EntryPtr entry = Hash::make("k", store::no_expiry);
  Hash hash(*entry);
  for (const char* field : {"a", "b", "c"})
    hash.set(field, "v");
  hash.set_expiry("a", 4102444800000);
  hash.set_expiry("b", 4102444800500);
  const std::string payload = dump(*entry);
  EXPECT_EQ(payload[0], 24);
  const auto again = read(payload);
  ASSERT_TRUE(again);
  const HashView view(**again);
  EXPECT_TRUE((*again)->has_timed_fields());
  EXPECT_EQ(view.expiry_ms(view.find("a")), 4102444800000);
  EXPECT_EQ(view.expiry_ms(view.find("b")), 4102444800500);
  EXPECT_EQ(view.expiry_ms(view.find("c")), store::no_expiry);
}

TEST(HashValue, ReadsTriplesInAListpack) {
  store::Listpack pack;
  for (const char* text : {"a", "1", "0", "b", "2", "4102444800000"})
    pack.append(text);
  const std::string blob = static_cast<char>(pack.bytes()) + std::string(pack.blob());

  // The second is the form of release candidates.
  for (const std::string& body : {std::string("\x19\0\0\0\0\0\0\0\0", 9) + blob, "\x17" + blob}) {
    const auto entry = read(payload_of(body, 12));

    ASSERT_TRUE(entry);
    const HashView view(**entry);
    EXPECT_EQ(contents(**entry), (Pairs{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(view.expiry_ms(view.find("a")), store::no_expiry);
    EXPECT_EQ(view.expiry_ms(view.find("b")), 4102444800000);
  }
  EXPECT_EQ(read(payload_of("\x17" + blob, 11)).error(), DumpError::bad_format);
  EXPECT_EQ(read(payload_of("\x17" + blob, 80)).error(), DumpError::bad_format);
}

TEST(HashValue, ReadsTheFormOfReleaseCandidates) {
  std::string body("\x16\x02", 2);
  body += std::string(
      "\0\x01"
      "a\x01"
      "1",
      5);
  body += std::string("\x81\0\0\x03\xbb\x2c\xc3\xd8\0", 9) +
          "\x01"
          "b\x01"
          "2";

  const auto entry = read(payload_of(body, 12));

  ASSERT_TRUE(entry);
  const HashView view(**entry);
  EXPECT_EQ(view.expiry_ms(view.find("a")), store::no_expiry);
  EXPECT_EQ(view.expiry_ms(view.find("b")), 4102444800000);
  EXPECT_EQ(read(payload_of(body, 11)).error(), DumpError::bad_format);
  for (std::size_t size = 1; size < body.size(); ++size)
    EXPECT_FALSE(read(payload_of(body.substr(0, size), 12))) << size;
}

TEST(HashValue, ReadsTheFormOfValkey) {
  std::string body(
      "\x16\x03\x01"
      "a\x01"
      "1\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "b\x01"
      "2");
  body += std::string(
      "\0\0\0\0\x01\0\0\0\x01"
      "c\x01"
      "3\0\0\0\0\0\0\0\0",
      20);

  const auto entry = read(payload_of(body, 80));

  ASSERT_TRUE(entry);
  const HashView view(**entry);
  EXPECT_EQ(view.expiry_ms(view.find("a")), store::no_expiry);
  EXPECT_EQ(view.expiry_ms(view.find("b")), std::int64_t{1} << 32);
  EXPECT_EQ(view.expiry_ms(view.find("c")), 1);
  EXPECT_EQ(read(payload_of(body, 12)).error(), DumpError::bad_format);
  EXPECT_EQ(read(payload_of(body, 79)).error(), DumpError::wrong_version_or_checksum);
}

TEST(HashValue, ReadsTheFormsOfOldFiles) {
  // A zipmap with two spare bytes behind the first value, and a ziplist.
  const std::string zipmap(
      "\x02\x01"
      "a\x02\x02"
      "12..\x01"
      "b\x00\x00\xff",
      14);
  const std::string ziplist(
      "\x16\0\0\0\x13\0\0\0\x04\0\0\x01"
      "a\x03\xfe\x0c\x03\x01"
      "b\x03\xf2\xff",
      22);

  const auto oldest = read(payload_of("\x09\x0e" + zipmap));
  ASSERT_TRUE(oldest);
  EXPECT_EQ(contents(**oldest), (Pairs{{"a", "12"}, {"b", ""}}));
  const auto old = read(payload_of("\x0d\x16" + ziplist));
  ASSERT_TRUE(old);
  EXPECT_EQ(contents(**old), (Pairs{{"a", "12"}, {"b", "1"}}));
  for (std::size_t size = 0; size < zipmap.size(); ++size)
    EXPECT_FALSE(read(
        payload_of("\x09" + std::string(1, static_cast<char>(size)) + zipmap.substr(0, size))));
  EXPECT_FALSE(read(payload_of("\x09\x0f" + zipmap + "x")));
}

TEST(HashValue, RefusesWhatIsNoHash) {
  const auto packed = [](std::initializer_list<std::string_view> texts) {
    store::Listpack pack;
    for (const std::string_view text : texts)
      pack.append(text);
    return std::string("\x10") + static_cast<char>(pack.bytes()) + std::string(pack.blob());
  };
  const std::string bodies[] = {
      packed({}),
      packed({"f"}),
      packed({"f", "1", "g"}),
      packed({"f", "1", "f", "2"}),
      packed({"7", "1", "8", "1", "7", "2"}),
      packed({"f", "1"}).substr(0, 8),
      packed({"f", "1"}) + "x",
      std::string("\x04\x00", 2),
      "\x04\x01\x01"
      "f",
      "\x04\x02\x01"
      "f\x01v\x01"
      "f\x01w",
      "\x04\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "f\x01v",
      // The time overflows, is in the room of "none", or is negative.
      "\x18\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x05\x01"
      "f\x01v",
      "\x18\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01\x01"
      "f\x01v",
      "\x18\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01"
      "f\x01v",
      "\x18\x01\x02",
  };
  for (const std::string& body : bodies) {
    SCOPED_TRACE(to_hex(body));
    const auto entry = read(payload_of(body));
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error(), DumpError::bad_format);
  }
}

}  // namespace
}  // namespace duplex::rdb
