// Streams in both directions with the redis-server of the system.
#include "base/buffer.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "store/stream.h"
#include "support/redis_process.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

TEST(StreamsWithRedis, AreExchangedWithTheirGroups) {
  test::TemporaryFolder folder;
  test::RedisProcess redis(folder.path(), {"--appendonly", "no", "--save", ""});
  std::string script;
  for (int i = 1; i <= 250; ++i)
    script += "XADD k " + std::to_string(i) + "-1 name value" + std::to_string(i) + " n " +
              std::to_string(i * 1000) + "\n";
  script += "XADD k 300-0 own fields here 5\nXDEL k 3-1 250-1\nXTRIM k MAXLEN 200\n";
  script += "XGROUP CREATE k g 0\nXGROUP CREATE k h 99\nXGROUP CREATECONSUMER k g idle\n";
  script += "XREADGROUP GROUP g a COUNT 70 STREAMS k >\nXREADGROUP GROUP g b COUNT 7 STREAMS k >\n";
  script += "XCLAIM k g b 0 60-1 TIME 12345 RETRYCOUNT 300\nXDEL k 61-1\n";
  folder.write("script", script);
  redis.cli("< " + (folder.path() / "script").string());
  std::string theirs = redis.cli("--raw DUMP k");
  theirs.pop_back();

  const auto entry = read_dump(theirs, "k", store::no_expiry);
  ASSERT_TRUE(entry);
  EXPECT_EQ(store::StreamView(**entry)->size(), 199u);
  base::Buffer ours;
  append_dump(ours, **entry, true);
  EXPECT_EQ(test::to_hex(ours.view()), test::to_hex(theirs));

  folder.write("payload", ours.view());
  EXPECT_EQ(redis.cli("-x RESTORE again 0 < " + (folder.path() / "payload").string()), "OK\n");
  for (const std::string command : {"XRANGE", "XINFO STREAM", "XPENDING"}) {
    const std::string rest = command == "XRANGE" ? " - +" : command == "XPENDING" ? " g" : " FULL";
    EXPECT_EQ(redis.cli(command + " again" + rest), redis.cli(command + " k" + rest)) << command;
  }
}

}  // namespace
}  // namespace duplex::rdb
