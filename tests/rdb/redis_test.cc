// Both directions with the redis-server of the system: files and DUMP payloads.
#include "base/buffer.h"
#include "base/mapped_file.h"
#include "base/numbers.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "rdb/reader.h"
#include "rdb/writer.h"
#include "support/redis_process.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duplex::rdb {
namespace {

using test::output_of;
using test::RedisProcess;

const std::vector<std::string> redis_options = {"--appendonly", "no", "--save", ""};

store::EntryPtr string_entry(std::string_view key,
                             std::string_view text,
                             std::int64_t expiry_ms = store::no_expiry) {
  return store::Entry::make_string(key, text, expiry_ms);
}

TEST(RdbWithRedis, LoadsOurFile) {
  test::TemporaryFolder folder;
  base::Buffer out;
  Writer writer(out, {});
  writer.aux("redis-ver", "7.2.4");
  writer.select(0, 2, 1);
  writer.entry(*string_entry("short", "-17"));
  const std::string text(100, 'a');
  writer.entry(*string_entry("long", text, 4102444800000));
  writer.select(3, 1, 0);
  writer.entry(*string_entry("other", "db"));
  writer.end();
  folder.write("dump.rdb", out.view());

  const std::string check = output_of("redis-check-rdb " + (folder.path() / "dump.rdb").string());
  EXPECT_NE(check.find("RDB looks OK"), std::string::npos) << check;
  RedisProcess redis(folder.path(), redis_options);
  EXPECT_EQ(redis.cli("GET short"), "-17\n");
  EXPECT_EQ(redis.cli("GET long"), text + "\n");
  EXPECT_EQ(redis.cli("PEXPIRETIME long"), "4102444800000\n");
  EXPECT_EQ(redis.cli("-n 3 GET other"), "db\n");
}

TEST(RdbWithRedis, GivesUsItsFile) {
  test::TemporaryFolder folder;
  RedisProcess redis(folder.path(), redis_options);
  redis.cli("SET number 12345");
  redis.cli("SET text " + std::string(200, 'x') + " PXAT 4102444800000");
  EXPECT_EQ(redis.cli("SAVE"), "OK\n");
  redis.stop();
  const auto file = base::MappedFile::open((folder.path() / "dump.rdb").string());
  ASSERT_TRUE(file);

  Reader reader(file->bytes());
  std::vector<std::string> entries;
  while (true) {
    const auto record = reader.next();
    ASSERT_TRUE(record) << record.error();
    if (std::holds_alternative<End>(*record)) break;
    if (const auto* entry = std::get_if<Entry>(&*record)) {
      const store::Entry& from = *entry->entry;
      char scratch[base::int64_digits_max];
      entries.push_back(std::string(from.key()) + "=" + std::string(from.text(scratch)) + "@" +
                        std::to_string(from.has_expiry() ? from.expiry_ms() : 0));
    }
  }

  EXPECT_EQ(reader.version(), 10);
  std::ranges::sort(entries);
  EXPECT_EQ(entries,
            (std::vector<std::string>{"number=12345@0",
                                      "text=" + std::string(200, 'x') + "@4102444800000"}));
}

TEST(RdbWithRedis, DumpsTheSameBytes) {
  test::TemporaryFolder folder;
  RedisProcess redis(folder.path(), redis_options);
  std::string mixed;
  for (int i = 0; i < 60; ++i)
    mixed += "word" + std::to_string(i % 7) + "-" + std::to_string(i * i);
  for (const std::string& text : {std::string("1"),
                                  std::string("-32769"),
                                  std::string("plain"),
                                  std::string(20, 'b'),
                                  std::string(500, 'b'),
                                  mixed}) {
    SCOPED_TRACE(text);
    redis.cli("SET k " + text);
    std::string theirs = redis.cli("--raw DUMP k");
    theirs.pop_back();
    base::Buffer ours;
    append_dump(ours, *string_entry("k", text), true);
    EXPECT_EQ(test::to_hex(ours.view()), test::to_hex(theirs));
    folder.write("payload", ours.view());
    EXPECT_EQ(redis.cli("-x RESTORE again 0 < " + (folder.path() / "payload").string()), "OK\n");
    EXPECT_EQ(redis.cli("GETDEL again"), text + "\n");
  }
}

}  // namespace
}  // namespace duplex::rdb
