// DUMP payloads: the bytes of redis-server, in both directions.
#include "rdb/dump.h"

#include "base/buffer.h"
#include "base/numbers.h"
#include "rdb/crc64.h"
#include "rdb/hex.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

using test::from_hex;
using test::to_hex;

std::string dump(std::string_view text, bool compress = true) {
  base::Buffer out;
  append_dump(out, *store::Entry::make_string("k", text, store::no_expiry), compress);
  return std::string(out.view());
}

std::expected<store::EntryPtr, DumpError> read(std::string_view payload) {
  return read_dump(payload, "k", store::no_expiry);
}

TEST(Crc64, HasItsCheckValue) {
  EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9cau);
  const std::string_view text = "the same in one piece and in two, whatever the lengths are";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(crc64(crc64(0, text.substr(0, cut)), text.substr(cut)), crc64(0, text));
}

TEST(Dump, WritesAndReadsTheBytesOfRedis) {
  struct Case {
    std::string text;
    std::string_view payload;
  };
  // Made by redis-server 7.0.15.
  const Case cases[] = {
      {"hello", "000568656c6c6f0a006372df766534200a"},
      {"10", "00c00a0a006e9f57450eae63bb"},
      {"-129", "00c17fff0a001760822854808480"},
      {"70000", "00c2701101000a0001a408fe953095a5"},
      {"12345678901", "000b31323334353637383930310a00304e52d727176510"},
      {std::string(30, 'a'), "00c3091e016161e011000161610a0045737cbb2b647bbb"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
      EXPECT_EQ(to_hex(dump(c.text)), c.payload);
    const auto value = read(from_hex(c.payload));
    ASSERT_TRUE(value);
    char scratch[base::int64_digits_max];
    EXPECT_EQ((*value)->text(scratch), c.text);
  }
}

TEST(Dump, GivesBackAnyText) {
  for (const std::string& text : {std::string(),
                                  std::string("0"),
                                  std::string("-0"),
                                  std::string("007"),
                                  std::string("-128"),
                                  std::string("2147483647"),
                                  std::string("2147483648"),
                                  std::string("-2147483648"),
                                  std::string(63, 'x'),
                                  std::string(64, 'y'),
                                  std::string(16383, 'z'),
                                  std::string(16384, '\0'),
                                  std::string("\r\n\0\xff", 4)}) {
    for (const bool compress : {false, true}) {
      const std::string payload = dump(text, compress);
      const auto value = read(payload);
      ASSERT_TRUE(value);
      char scratch[base::int64_digits_max];
      EXPECT_EQ((*value)->text(scratch), text);
    }
  }
}

TEST(Dump, AcceptsNewerVersionsUpToEleven) {
  EXPECT_TRUE(read(from_hex("000568656c6c6f0b000aad620598abc983")));
}

TEST(Dump, RefusesEveryCutAndEveryFlippedBit) {
  const std::string payload = dump("some text that is not compressed", false);
  for (std::size_t size = 0; size < payload.size(); ++size)
    EXPECT_EQ(read(payload.substr(0, size)).error(),
              DumpError::wrong_version_or_checksum);
  for (std::size_t i = 0; i < payload.size() * 8; ++i) {
    std::string flipped = payload;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_EQ(read(flipped).error(), DumpError::wrong_version_or_checksum);
  }
}

TEST(Dump, RefusesBadBodiesWithRightChecksums) {
  for (const std::string& body : {std::string(),
                                  std::string("\x00", 1),
                                  std::string("\x00\x05hi", 4),
                                  std::string("\x00\x02hi!", 5),
                                  std::string("\x63\x02hi", 4),
                                  std::string("\x00\xc3\x02\x05\xe0\x00", 6),
                                  std::string("\x00\xc4\x01", 3)}) {
    SCOPED_TRACE(to_hex(body));
    std::string payload = body + std::string("\x0a\x00", 2);
    const std::uint64_t checksum = crc64(0, payload);
    payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
    EXPECT_EQ(read(payload).error(), DumpError::bad_format);
  }
}

}  // namespace
}  // namespace duplex::rdb
