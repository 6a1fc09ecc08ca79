// Units and records: what is written, and that the parser takes nothing else.
#include "aof/log_bytes.h"
#include "aof/log_unit.h"
#include "aof/record_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::aof {
namespace {

using test::record;

void add(LogUnit& unit, int db, std::initializer_list<std::string_view> args) {
  unit.add(db, std::span(args.begin(), args.size()));
}

TEST(LogUnit, WritesOneEffectWithoutMulti) {
  LogUnit unit;

  add(unit, 0, {"SET", "k", ""});

  EXPECT_EQ(unit.bytes(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
  EXPECT_EQ(unit.first_db(), 0);
  EXPECT_EQ(unit.last_db(), 0);
}

TEST(LogUnit, WrapsSeveralEffectsAndSelectsBetweenThem) {
  LogUnit unit;

  add(unit, 3, {"DEL", "a"});
  add(unit, 3, {"DEL", "b"});
  add(unit, 12, {"DEL", "c"});

  EXPECT_EQ(unit.bytes(),
            record({"MULTI"}) + record({"DEL", "a"}) + record({"DEL", "b"}) +
                record({"SELECT", "12"}) + record({"DEL", "c"}) + record({"EXEC"}));
  EXPECT_EQ(unit.first_db(), 3);
  EXPECT_EQ(unit.last_db(), 12);
  EXPECT_EQ(unit.effects(), 3u);
}

TEST(LogUnit, StartsAnewAfterClear) {
  LogUnit unit;
  add(unit, 0, {"SET", "k", std::string(100'000, 'x')});
  add(unit, 0, {"DEL", "k"});
  (void)unit.bytes();

  unit.clear();
  EXPECT_TRUE(unit.empty());
  add(unit, 1, {"PING"});

  EXPECT_EQ(unit.bytes(), record({"PING"}));
}

TEST(RecordParser, NeedsMoreForEveryPrefix) {
  const std::string whole = record({"SET", "key", "", std::string(12, '\n'), "*1\r\n"});
  std::vector<std::string_view> args;

  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    EXPECT_EQ(parse_record(whole.substr(0, cut), args).status, ParseStatus::incomplete);
    EXPECT_EQ(skip_record(whole.substr(0, cut)).status, ParseStatus::incomplete);
  }
  const std::string longer = whole + "rest";
  const ParsedRecord parsed = parse_record(longer, args);
  EXPECT_EQ(parsed.status, ParseStatus::complete);
  EXPECT_EQ(parsed.bytes, whole.size());
  EXPECT_EQ(args.size(), 5u);
  EXPECT_EQ(args[3], std::string(12, '\n'));
  EXPECT_EQ(skip_record(longer).name, "SET");
  EXPECT_EQ(skip_record(longer).arguments, 5u);
}

TEST(RecordParser, RefusesWhatNobodyWrites) {
  const std::string_view cases[] = {
      "PING\r\n",
      "*0\r\n",
      "*-1\r\n",
      "*+1\r\n$1\r\na\r\n",
      "*01\r\n$1\r\na\r\n",
      "* 1\r\n",
      "*1\n",
      "*1\r\r",
      "*\r\n",
      "*1\r\n:1\r\n",
      "*1\r\n$-1\r\n",
      "*1\r\n$1\r\nab\r\n",
      "*1\r\n$1\r\na\rb",
      "*1\r\n$\r\n",
      "*1234567890123456789012\r\n",
  };
  std::vector<std::string_view> args;
  for (const std::string_view text : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_record(text, args).status, ParseStatus::malformed);
  }
}

}  // namespace
}  // namespace duplex::aof
