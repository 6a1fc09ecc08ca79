// What a scan promises: whoever is there all the time is seen, however the table changes.
#include "store/table.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

std::string key_of(const char* kind, std::uint64_t i) { return kind + std::to_string(i); }

void insert(Table& table, const std::string& key) {
  const HashedKey hashed(key);
  if (!table.find(hashed)) table.insert(hashed, Entry::make_string(key, "v", no_expiry));
}

void erase(Table& table, const std::string& key) {
  const HashedKey hashed(key);
  if (const Table::Position position = table.find(hashed)) table.erase(position, hashed.hash);
}

// Scans to the end and calls `between` after each step. Returns the keys in the order seen.
std::vector<std::string> scan(Table& table,
                              std::size_t count,
                              const std::function<void()>& between = [] {}) {
  std::vector<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    const std::uint64_t next =
        table.scan(cursor, count, [&](Entry& entry) { seen.emplace_back(entry.key()); });
    if (next != 0) {
      EXPECT_GT(next, cursor);
    }
    cursor = next;
    between();
  } while (cursor != 0);
  return seen;
}

TEST(TableScan, SeesEveryEntryOnceWhileNothingChanges) {
  for (const std::uint64_t size : {1u, 14u, 300u, 5000u}) {
    for (const std::size_t count : {1u, 10u, 100u, 10'000u}) {
      Table table;
      for (std::uint64_t i = 0; i < size; ++i)
        insert(table, key_of("k", i));

      const std::vector<std::string> seen = scan(table, count);

      EXPECT_EQ(seen.size(), size) << size << " entries, count " << count;
      EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), size);
    }
  }
}

TEST(TableScan, ReturnsAboutAsManyAsAskedFor) {
  Table table;
  for (std::uint64_t i = 0; i < 5000; ++i)
    insert(table, key_of("k", i));
  std::size_t visited = 0;

  const std::uint64_t cursor = table.scan(0, 10, [&](Entry&) { ++visited; });

  EXPECT_NE(cursor, 0u);
  EXPECT_GE(visited, 10u);
  EXPECT_LT(visited, 60u);
}

TEST(TableScan, LeavesTheLowBitsOfItsCursorFree) {
  Table table;
  for (std::uint64_t i = 0; i < 20'000; ++i)
    insert(table, key_of("k", i));

  for (std::uint64_t cursor = table.scan(0, 1, [](Entry&) {}); cursor != 0;
       cursor = table.scan(cursor, 1, [](Entry&) {}))
    ASSERT_EQ(cursor & 0xffffffff, 0u);
}

struct Change {
  const char* name;
  std::uint64_t others_at_first;
  std::function<void(Table&, base::Random&)> between;
};

TEST(TableScan, SeesWhoeverIsThereAllTheTime) {
  constexpr std::uint64_t others = 6000;
  const auto grow = [](Table& table, base::Random& random) {
    for (int i = 0; i < 200; ++i)
      insert(table, key_of("other", random.below(others)));
  };
  const auto shrink = [](Table& table, base::Random& random) {
    for (int i = 0; i < 200; ++i)
      erase(table, key_of("other", random.below(others)));
  };
  const Change changes[] = {
      {"growing", 0, grow},
      {"shrinking", others, shrink},
      {"both", others / 2, [&](Table& table, base::Random& random) {
         random.below(2) == 0 ? grow(table, random) : shrink(table, random);
       }},
      {"all others gone and back", others, [](Table& table, base::Random& random) {
         const bool come = random.below(2) == 0;
         for (std::uint64_t i = 0; i < others; ++i)
           come ? insert(table, key_of("other", i)) : erase(table, key_of("other", i));
       }},
  };
  for (const Change& change : changes) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      for (const std::size_t count : {1u, 10u, 50u}) {
        constexpr std::uint64_t stable = 300;
        base::Random random(seed);
        Table table;
        for (std::uint64_t i = 0; i < stable; ++i)
          insert(table, key_of("stable", i));
        for (std::uint64_t i = 0; i < change.others_at_first; ++i)
          insert(table, key_of("other", i));
        int changes_left = 40;

        const std::vector<std::string> seen = scan(table, count, [&] {
          if (changes_left-- > 0) change.between(table, random);
        });

        const std::set<std::string> keys(seen.begin(), seen.end());
        for (std::uint64_t i = 0; i < stable; ++i)
          ASSERT_TRUE(keys.contains(key_of("stable", i)))
              << change.name << ", seed " << seed << ", count " << count << ", key " << i;
      }
    }
  }
}

TEST(TableScan, TakesAnyNumberAsACursor) {
  constexpr std::uint64_t seed = 9;
  base::Random random(seed);
  Table table;
  for (std::uint64_t i = 0; i < 1000; ++i)
    insert(table, key_of("k", i));

  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t cursor = random.next();
    const std::uint64_t next = table.scan(cursor, 10, [](Entry&) {});
    EXPECT_TRUE(next == 0 || next > cursor) << cursor;
  }
  EXPECT_EQ(table.scan(~std::uint64_t{0}, 10, [](Entry&) {}), 0u);
}

}  // namespace
}  // namespace duplex::store
