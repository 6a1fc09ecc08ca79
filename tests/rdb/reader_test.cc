// RDB files: what the writer wrote, what older versions look like, and what must be refused.
#include "rdb/reader.h"

#include "base/buffer.h"
#include "base/numbers.h"
#include "rdb/crc64.h"
#include "rdb/hex.h"
#include "rdb/writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duplex::rdb {
namespace {

using test::from_hex;

// Everything a file says, as lines of text.
struct Reading {
  std::vector<std::string> lines;
  std::string error;
  std::size_t bytes = 0;
};

std::string line_of(const Entry& entry) {
  const store::Entry& from = *entry.entry;
  char scratch[base::int64_digits_max];
  std::string line = "entry " + std::string(from.key()) + "=" + std::string(from.text(scratch));
  if (from.has_expiry()) line += " expire " + std::to_string(from.expiry_ms());
  if (entry.usage.idle_s) line += " idle " + std::to_string(*entry.usage.idle_s);
  if (entry.usage.frequency) line += " frequency " + std::to_string(*entry.usage.frequency);
  return line;
}

std::string line_of(const Record& record) {
  if (const auto* aux = std::get_if<Aux>(&record))
    return "aux " + std::string(aux->key) + "=" + std::string(aux->value);
  if (const auto* database = std::get_if<Database>(&record))
    return "db " + std::to_string(database->number);
  if (const auto* hint = std::get_if<SizeHint>(&record))
    return "size " + std::to_string(hint->keys) + " " + std::to_string(hint->expiring);
  if (const auto* function = std::get_if<Function>(&record))
    return "function " + std::string(function->code);
  return line_of(std::get<Entry>(record));
}

Reading read_all(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  Reader reader(std::string_view(exact.data(), exact.size()));
  Reading reading;
  while (true) {
    auto record = reader.next();
    if (!record) {
      reading.error = record.error();
      return reading;
    }
    if (const auto* end = std::get_if<End>(&*record)) {
      reading.bytes = end->bytes;
      return reading;
    }
    reading.lines.push_back(line_of(*record));
  }
}

store::EntryPtr string_entry(std::string_view key,
                             std::string_view text,
                             std::int64_t expiry_ms = store::no_expiry) {
  return store::Entry::make_string(key, text, expiry_ms);
}

std::string sample(Writer::Options options = {}) {
  base::Buffer out;
  Writer writer(out, options);
  writer.aux("redis-ver", "7.2.4");
  writer.aux("ctime", "1700000000");
  writer.function("#!lua name=f\n");
  writer.select(0, 2, 1);
  writer.entry(*string_entry("k", "value", 4102444800000), {.idle_s = {}, .frequency = 200});
  writer.entry(*string_entry("17", std::string(100, 'x')));
  writer.select(15, 1, 0);
  writer.entry(*string_entry("", "-5"), {.idle_s = 100'000, .frequency = {}});
  writer.end();
  return std::string(out.view());
}

const std::vector<std::string> sample_lines = {
    "aux redis-ver=7.2.4",
    "aux ctime=1700000000",
    "function #!lua name=f\n",
    "db 0",
    "size 2 1",
    "entry k=value expire 4102444800000 frequency 200",
    "entry 17=" + std::string(100, 'x'),
    "db 15",
    "size 1 0",
    "entry =-5 idle 100000",
};

TEST(RdbReader, GivesWhatTheWriterWrote) {
  for (const bool compress : {false, true})
    for (const bool checksum : {false, true}) {
      const std::string file = sample({.compress = compress, .checksum = checksum});
      const Reading reading = read_all(file);
      EXPECT_EQ(reading.error, "");
      EXPECT_EQ(reading.lines, sample_lines);
      EXPECT_EQ(reading.bytes, file.size());
    }
}

TEST(RdbReader, ReadsTheSmallestFile) {
  const std::string file = from_hex(
      "5245444953303031"
      "31ff"
      "c0228a8d74389762");

  const Reading reading = read_all(file + "*1\r\n");

  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.bytes, file.size());
}

TEST(RdbReader, ReadsSecondsAndFilesWithoutChecksum) {
  const Reading reading =
      read_all(std::string("REDIS0003\xfe\x00\xfd\x10\x27\x00\x00\x00\x01k\x01v\xff", 22));

  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.lines, (std::vector<std::string>{"db 0", "entry k=v expire 10000000"}));
}

TEST(RdbReader, RefusesEveryCut) {
  const std::string file = sample();
  for (std::size_t size = 0; size < file.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_NE(read_all(file.substr(0, size)).error, "");
  }
}

TEST(RdbReader, RefusesEveryFlippedBit) {
  const std::string file = sample();
  for (std::size_t i = 0; i < file.size() * 8; ++i) {
    SCOPED_TRACE(i / 8);
    std::string flipped = file;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    const Reading reading = read_all(flipped);
    // A version without checksums cannot notice more.
    if (flipped.compare(0, 9, "REDIS0010") != 0 && reading.error.empty()) continue;
    EXPECT_NE(reading.error, "");
  }
}

TEST(RdbReader, NamesKeyTypeAndOffsetOfWhatItCannotRead) {
  // The golden file of an older Redis, whose list is said to be a module's value.
  const Reading reading =
      read_all(from_hex("524544495330303039fa0972656469732d76657205362e302e30fe00fb0601fc00d8c32cbb"
                        "0300000003737472056865"
                        "6c6c6f07046c69737402016101620203736574020178017905047a73657401016d00000000"
                        "0000f83f04046861736801"
                        "016601760f047374726d0110000000000000000100000000000000011d1d0000000a000101"
                        "0001010181660200010201"
                        "000100018176020401ff01010100ff9c3cd22f1d2b02d8"));

  EXPECT_EQ(reading.lines.back(), "entry str=hello expire 4102444800000");
  EXPECT_EQ(reading.error,
            "offset 57: key 'list' has type 7 (value of module 'AAAAAAAAA'), which cannot be read");
}

TEST(RdbReader, SaysWhatIsWrong) {
  struct Case {
    std::string_view name;
    std::string file;
    std::string_view error;
  };
  const Case cases[] = {
      {"empty", "", "offset 0: the file is too short for an RDB file"},
      {"other", "SQLite format 3", "offset 9: this is not an RDB file"},
      {"version", "REDIS00x1\xff", "offset 9: this is not an RDB file"},
      {"newer",
       "REDIS0013\xff",
       "offset 9: RDB version 13 of Redis 8.6 or newer cannot be read, only 1 to 12"},
      {"version 0",
       std::string("REDIS0000\xff"),
       "offset 9: RDB version 0 cannot be read, only 1 to 12"},
      {"valkey 9",
       "VALKEY081\xff",
       "offset 9: RDB version 81 of Valkey 9.2 or newer cannot be read, only 80"},
      {"valkey's type",
       std::string("REDIS0011\x16\x01k\x00", 13),
       "offset 12: key 'k' has type 22 (hash with times of fields, which this version does not "
       "have), which cannot be read"},
      {"module", "REDIS0010\xf7", "offset 10: code 247: data of a module"},
      {"code",
       "REDIS0010\xf3",
       "offset 10: code 243: metadata of keys or a slot on its way, as Redis 8.6 and Valkey 9 "
       "write them"},
      {"checksum",
       "REDIS0010\xff"
       "12345678",
       "offset 18: the checksum is wrong"},
      {"no checksum", "REDIS0010\xff", "offset 10: the checksum is missing"},
      {"prefix",
       std::string("REDIS0010\xf9\x05\xff"),
       "offset 12: what is said about a key is not followed by the key"},
      {"huge",
       "REDIS0010\xfa\x81\xff\xff\xff\xff\xff\xff\xff\xff",
       "offset 19: a string is longer than what is left"},
      {"bomb",
       "REDIS0010\xfa\xc3\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff"
       "a",
       "offset 21: the length of a compressed string is impossible"},
      {"type",
       std::string("REDIS0010\x08\x02\x01'", 13),
       "offset 13: key '\\x01\\x27' has type 8 (unknown), which cannot be read"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(read_all(c.file).error, c.error);
  }
}

}  // namespace
}  // namespace duplex::rdb
