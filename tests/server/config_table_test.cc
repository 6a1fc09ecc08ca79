// The table as a whole: every row shows a value that it takes back.
#include "server/config_table.h"

#include "gtest/gtest.h"
#include "server/config_loader.h"

#include <set>
#include <string>
#include <vector>

namespace duplex::server {
namespace {

TEST(ConfigTable, NamesEveryDirectiveOnce) {
  std::set<std::string_view> names;
  for (const Directive* row : all_directives()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    if (row->alias.empty()) continue;
    EXPECT_TRUE(names.insert(row->alias).second) << row->alias;
  }
}

TEST(ConfigTable, FindsNamesAndAliasesInAnyCase) {
  EXPECT_EQ(find_directive("PORT")->name, "port");
  EXPECT_EQ(find_directive("slaveof")->name, "replicaof");
  EXPECT_EQ(find_directive("hash-max-ziplist-entries")->name, "hash-max-listpack-entries");
  EXPECT_EQ(find_directive("nosuch"), nullptr);
}

TEST(ConfigTable, ReadsBackWhatItWrites) {
  ConfigReader defaults("/");
  for (const Directive* row : all_directives()) {
    SCOPED_TRACE(row->name);
    const std::string shown = row->read(*row, defaults.config());
    ConfigReader reader("/");
    for (const std::string& line : row->lines(*row, defaults.config())) {
      const auto outcome = reader.read_text(line, "test");
      ASSERT_TRUE(outcome) << outcome.error().message("test");
    }
    EXPECT_EQ(row->read(*row, reader.config()), shown);
  }
}

TEST(ConfigTable, ShowsEveryDefaultInACanonicalForm) {
  ConfigReader defaults("/");
  for (const Directive* row : all_directives()) {
    if (row->has(file_only) || row->has(fixed) || row->has(owned)) continue;
    SCOPED_TRACE(row->name);
    Config config = defaults.config();
    const std::string value = row->read(*row, config);
    const Outcome outcome = row->write(*row, config, Words(&value, 1), Source::run_time);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(row->read(*row, config), value);
  }
}

}  // namespace
}  // namespace duplex::server
