// SCAN: its cursor, its options, and its promise while the table changes.
#include "commands/scan_cursor.h"
#include "support/command_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace duplex::tests {

namespace {

using commands::only_shard;
using commands::ScanCursor;

class ScanTest : public CommandFixture {
 protected:
  struct Step {
    std::string cursor;
    std::vector<std::string> keys;
  };

  Step step(const std::string& cursor, const std::string& options = "") {
    const std::string reply = run(fmt::format("SCAN {} {}", cursor, options));
    // ["cursor" ["a" "b"]]
    std::vector<std::string> words;
    for (std::size_t at = reply.find('"'); at != std::string::npos;) {
      const std::size_t end = reply.find('"', at + 1);
      words.push_back(reply.substr(at + 1, end - at - 1));
      at = reply.find('"', end + 1);
    }
    EXPECT_FALSE(words.empty()) << reply;
    if (words.empty()) return {"0", {}};
    return {words[0], {words.begin() + 1, words.end()}};
  }

  // A whole scan; `between` runs after each step.
  template <typename Between>
  std::map<std::string, int> scan_all(const std::string& options, Between&& between) {
    std::map<std::string, int> seen;
    std::string cursor = "0";
    do {
      Step now = step(cursor, options);
      for (const std::string& key : now.keys)
        ++seen[key];
      cursor = now.cursor;
      between();
    } while (cursor != "0");
    return seen;
  }
  std::map<std::string, int> scan_all(const std::string& options = "") {
    return scan_all(options, [] {});
  }

  void add(int from, int to) {
    for (int i = from; i < to; ++i)
      run(fmt::format("SET key:{} v", i));
  }
  void remove(int from, int to) {
    for (int i = from; i < to; ++i)
      run(fmt::format("DEL key:{}", i));
  }
};

TEST_F(ScanTest, FindsEveryKeyOnceWhileNothingChanges) {
  add(0, 5000);
  for (const std::string_view options : {"", "COUNT 1", "COUNT 7", "COUNT 1000", "COUNT 100000"}) {
    const auto seen = scan_all(std::string(options));
    EXPECT_EQ(seen.size(), 5000u) << options;
    for (const auto& [key, times] : seen)
      ASSERT_EQ(times, 1) << key << " " << options;
  }
}

// One shard, so that its table splits pages again and again.
TEST_F(ScanTest, FindsWhatStaysWhileOneShardGrowsAndShrinks) {
  constexpr int kept = 1000;
  for (int i = 0; i < kept; ++i)
    run(fmt::format("SET {{t}}kept:{} v", i));
  int added = 0;
  int removed = 0;
  int round = 0;
  const auto seen = scan_all("COUNT 20", [&] {
    // First much is added, then it is taken away again.
    if (++round % 30 < 15) {
      for (int i = 0; i < 100; ++i)
        run(fmt::format("SET {{t}}other:{} v", added++));
    } else {
      for (int i = 0; i < 90 && removed < added; ++i)
        run(fmt::format("DEL {{t}}other:{}", removed++));
    }
  });
  // Pages hold up to 450 entries.
  EXPECT_GT(added, 2000);
  EXPECT_GT(removed, 1000);
  for (int i = 0; i < kept; ++i)
    EXPECT_TRUE(seen.contains(fmt::format("{{t}}kept:{}", i))) << i;
}

TEST_F(ScanTest, FindsWhatStaysWhileAllShardsGrowAndShrink) {
  constexpr int kept = 5000;
  add(0, kept);
  int round = 0;
  const auto seen = scan_all("COUNT 250", [&] {
    const int at = kept + ++round * 250;
    add(at, at + 250);
    if (round > 10) remove(at - 2500, at - 2250);
  });
  for (int i = 0; i < kept; ++i)
    EXPECT_TRUE(seen.contains(fmt::format("key:{}", i))) << i;
}

TEST_F(ScanTest, FindsWhatIsLeftAfterMostWasRemoved) {
  for (int i = 0; i < 6000; ++i)
    run(fmt::format("SET {{t}}{} v", i));
  const Step first = step("0", "COUNT 1500");
  for (int i = 0; i < 6000; ++i)
    if (i % 30 != 0) run(fmt::format("DEL {{t}}{}", i));
  std::set<std::string> seen(first.keys.begin(), first.keys.end());
  for (std::string cursor = first.cursor; cursor != "0";) {
    const Step now = step(cursor, "COUNT 3");
    seen.insert(now.keys.begin(), now.keys.end());
    cursor = now.cursor;
  }
  for (int i = 0; i < 6000; i += 30)
    EXPECT_TRUE(seen.contains(fmt::format("{{t}}{}", i))) << i;
}

TEST_F(ScanTest, MatchAndTypeFilter) {
  add(0, 500);
  run("MSET {a}1 x {a}2 x");
  EXPECT_EQ(scan_all("MATCH {a}*").size(), 2u);
  EXPECT_EQ(scan_all("MATCH key:1? COUNT 3").size(), 10u);
  EXPECT_EQ(scan_all("MATCH {a}1").size(), 1u);
  EXPECT_EQ(scan_all("TYPE STRING COUNT 50").size(), 502u);
  EXPECT_EQ(scan_all("TYPE list").size(), 0u);
  EXPECT_EQ(scan_all("MATCH none MATCH *").size(), 502u);
}

TEST_F(ScanTest, APatternWithAFixedTagVisitsOneShard) {
  add(0, 5000);
  run("SET {a}1 x");
  EXPECT_EQ(step("0", "MATCH {a}* COUNT 1000").cursor, "0");
  EXPECT_NE(step("0", "MATCH *{a}* COUNT 1000").cursor, "0");
}

TEST_F(ScanTest, EndedKeysAreSkippedAndRemoved) {
  run("SET a 1 PX 10");
  run("SET b 1");
  advance_ms(10);
  EXPECT_EQ(run("DBSIZE"), ":2");
  EXPECT_EQ(logged("SCAN 0"), "DEL a");
  EXPECT_EQ(run("SCAN 0"), "[\"0\" [\"b\"]]");
  EXPECT_EQ(run("DBSIZE"), ":1");
}

TEST_F(ScanTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(run("SCAN x"), "-ERR invalid cursor");
  EXPECT_EQ(run("SCAN \" 5\""), "-ERR invalid cursor");
  EXPECT_EQ(run("SCAN 18446744073709551616"), "-ERR invalid cursor");
  EXPECT_EQ(run("SCAN x COUNT 0"), "-ERR invalid cursor");
  EXPECT_EQ(run("SCAN 0 COUNT 0"), "-ERR syntax error");
  EXPECT_EQ(run("SCAN 0 COUNT x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(run("SCAN 0 MATCH"), "-ERR syntax error");
  EXPECT_EQ(run("SCAN 0 FOO x"), "-ERR syntax error");
}

TEST_F(ScanTest, AnyNumberIsACursor) {
  add(0, 100);
  for (const std::string_view cursor : {"-1", "+5", "007", "18446744073709551615", "\"\""})
    EXPECT_TRUE(run(fmt::format("SCAN {}", cursor)).starts_with("[\"")) << cursor;
}

TEST(ScanCursorTest, IsANumberThatADoubleCanHold) {
  const ScanCursor last{.shard = 1023, .hash = ~std::uint64_t{0} << 21};
  EXPECT_EQ(last.number(), (std::uint64_t{1} << 53) - 1);
  const ScanCursor back = ScanCursor::of(last.number());
  EXPECT_EQ(back.shard, last.shard);
  EXPECT_EQ(back.hash, last.hash);
  EXPECT_EQ(ScanCursor{}.number(), 0u);
  EXPECT_EQ((ScanCursor{.shard = 1, .hash = 0}).number(), 1u);
}

TEST(ScanCursorTest, OnlyShard) {
  EXPECT_TRUE(only_shard("literal").has_value());
  EXPECT_EQ(only_shard("{a}*"), only_shard("a"));
  EXPECT_EQ(only_shard("x{a}?"), only_shard("a"));
  EXPECT_FALSE(only_shard("a*").has_value());
  EXPECT_FALSE(only_shard("{}a*").has_value());
  EXPECT_FALSE(only_shard("{a*}").has_value());
  EXPECT_FALSE(only_shard("*{a}").has_value());
}

}  // namespace

}  // namespace duplex::tests
