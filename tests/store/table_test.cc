// Table, case by case: finding, replacing, expiries, random entries, memory, moves.
#include "store/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "base/random.h"

namespace duplex::store {
namespace {

std::string key_of(int i) { return "key:" + std::to_string(i); }

void insert(Table& table, const std::string& key, std::int64_t expiry_ms = no_expiry) {
  table.insert(HashedKey(key), Entry::make_string(key, "v", expiry_ms));
}

EntryPtr erase(Table& table, const std::string& key) {
  const HashedKey hashed(key);
  return table.erase(table.find(hashed), hashed.hash);
}

TEST(Table, StartsEmpty) {
  Table table;
  std::vector<Entry*> expired;

  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.find(HashedKey("key")));
  EXPECT_EQ(table.random_entry(7), nullptr);
  EXPECT_EQ(table.earliest_expiry_ms(), no_expiry);
  EXPECT_EQ(table.scan(0, 10, [](Entry&) { FAIL(); }), 0u);
  EXPECT_TRUE(table.collect_expired(1, 10, expired));
  EXPECT_TRUE(expired.empty());
}

TEST(Table, FindsExactlyWhatWasInserted) {
  Table table;
  insert(table, "");
  insert(table, "key");

  EXPECT_EQ(table.find(HashedKey("key")).entry()->key(), "key");
  EXPECT_EQ(table.find(HashedKey("")).entry()->key(), "");
  EXPECT_FALSE(table.find(HashedKey("keys")));
  EXPECT_EQ(table.size(), 2u);
}

TEST(Table, ReplacesInPlaceAndReturnsTheOldEntry) {
  Table table;
  insert(table, "key");
  const HashedKey key("key");

  const EntryPtr old = table.replace(table.find(key), Entry::make_string("key", "new", 50));

  char scratch[20];
  EXPECT_EQ(old->text(scratch), "v");
  EXPECT_EQ(table.find(key).entry()->text(scratch), "new");
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.expiring(), 1u);
  EXPECT_EQ(table.earliest_expiry_ms(), 50);
}

TEST(Table, CountsExpiringEntries) {
  Table table;
  insert(table, "stays");
  insert(table, "ends", 100);
  const HashedKey key("ends");

  EXPECT_EQ(table.expiring(), 1u);
  table.replace(table.find(key), Entry::make_string("ends", "v", no_expiry));
  EXPECT_EQ(table.expiring(), 0u);
  table.replace(table.find(key), Entry::make_string("ends", "v", 5));
  EXPECT_EQ(table.expiring(), 1u);
  erase(table, "ends");
  EXPECT_EQ(table.expiring(), 0u);
}

TEST(Table, NotesAnExpiryThatWasChangedInPlace) {
  Table table;
  insert(table, "key", 100);
  const Table::Position position = table.find(HashedKey("key"));
  std::vector<Entry*> expired;

  position.entry()->change_expiry(40);
  table.note_expiry(position);

  EXPECT_EQ(table.earliest_expiry_ms(), 40);
  EXPECT_TRUE(table.collect_expired(40, 10, expired));
  EXPECT_EQ(expired.size(), 1u);
}

TEST(Table, CollectsEveryExpiredEntryAndNoOther) {
  constexpr int count = 20'000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i), i % 3 == 0 ? no_expiry : i);
  std::vector<Entry*> expired;

  const bool done = table.collect_expired(count / 2, count, expired);

  EXPECT_TRUE(done);
  std::set<std::string> keys;
  for (const Entry* entry : expired)
    keys.emplace(entry->key());
  EXPECT_EQ(keys.size(), expired.size());
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(keys.contains(key_of(i)), i % 3 != 0 && i <= count / 2) << i;
}

TEST(Table, CollectsInPiecesUntilEverythingDueIsGone) {
  constexpr int count = 5000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i), 10 + i % 2 * 1000);
  int rounds = 0;

  for (bool done = false; !done; ++rounds) {
    std::vector<Entry*> expired;
    done = table.collect_expired(10, 100, expired);
    ASSERT_LE(expired.size(), 100u);
    std::vector<std::string> keys;
    for (const Entry* entry : expired)
      keys.emplace_back(entry->key());
    for (const std::string& key : keys)
      erase(table, key);
    ASSERT_LT(rounds, 100);
  }

  EXPECT_EQ(table.size(), count / 2u);
  EXPECT_EQ(table.earliest_expiry_ms(), 1010);
}

TEST(Table, StopsCollectingAtItsLimitButSaysSo) {
  Table table;
  for (int i = 0; i < 10; ++i)
    insert(table, key_of(i), 1);
  std::vector<Entry*> expired;

  EXPECT_FALSE(table.collect_expired(1, 9, expired));
  EXPECT_EQ(expired.size(), 9u);
  EXPECT_EQ(table.earliest_expiry_ms(), 1);
  expired.clear();
  EXPECT_TRUE(table.collect_expired(1, 10, expired));
  EXPECT_EQ(expired.size(), 10u);
}

TEST(Table, ARandomEntryMayBeAnyEntry) {
  constexpr std::uint64_t seed = 5;
  for (const int count : {1, 10, 300, 3000}) {
    Table table;
    for (int i = 0; i < count; ++i)
      insert(table, key_of(i));
    base::Random random(seed);
    std::set<std::string> seen;

    for (int i = 0; i < count * 60; ++i)
      seen.emplace(table.random_entry(random.next())->key());

    EXPECT_EQ(seen.size(), static_cast<std::size_t>(count)) << "seed " << seed;
  }
}

TEST(Table, FindsTheLastEntriesOfAShrunkTableAtRandom) {
  constexpr int count = 10'000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i));
  for (int i = 1; i < count; ++i)
    erase(table, key_of(i));
  base::Random random(6);

  for (int i = 0; i < 100; ++i) {
    const Entry* const entry = table.random_entry(random.next());
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->key(), key_of(0));
  }
}

TEST(Table, GivesItsPagesBackWhenItShrinks) {
  constexpr int count = 20'000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i));
  const std::size_t full = table.memory_bytes();

  for (int i = 0; i < count; ++i)
    EXPECT_EQ(erase(table, key_of(i))->key(), key_of(i));

  EXPECT_EQ(table.size(), 0u);
  EXPECT_LT(table.memory_bytes(), full / 50);
  insert(table, "again");
  EXPECT_TRUE(table.find(HashedKey("again")));
}

TEST(Table, TakesFewBytesForAnEntry) {
  constexpr int count = 100'000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i));

  EXPECT_LT(table.memory_bytes(), count * 24u);
}

TEST(Table, VisitsEveryEntryOnceInForEach) {
  constexpr int count = 3000;
  Table table;
  for (int i = 0; i < count; ++i)
    insert(table, key_of(i));
  std::vector<std::string> seen;

  table.for_each([&](Entry& entry) { seen.emplace_back(entry.key()); });

  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST(Table, MovesWithEverythingAndLeavesAnEmptyTable) {
  Table from;
  for (int i = 0; i < 1000; ++i)
    insert(from, key_of(i), i == 7 ? 7 : no_expiry);

  Table to(std::move(from));

  EXPECT_EQ(to.size(), 1000u);
  EXPECT_EQ(to.expiring(), 1u);
  EXPECT_EQ(to.earliest_expiry_ms(), 7);
  EXPECT_TRUE(to.find(HashedKey(key_of(999))));
  EXPECT_EQ(from.size(), 0u);  // NOLINT(bugprone-use-after-move): this is what is tested
  insert(from, "new");
  EXPECT_TRUE(from.find(HashedKey("new")));
}

TEST(Table, GivesAllItsMemoryBackAtItsEnd) {
  const std::size_t before = base::allocated_bytes();
  {
    Table table;
    for (int i = 0; i < 5000; ++i)
      insert(table, key_of(i), i);
  }
  EXPECT_EQ(base::allocated_bytes(), before);
}

TEST(Table, PrefetchingChangesNothing) {
  Table table;
  const HashedKey key("key");

  table.prefetch_group(key.hash);
  table.prefetch_target(key.hash);
  insert(table, "key");
  table.prefetch_group(key.hash);
  table.prefetch_target(key.hash);
  table.prefetch_target(HashedKey("other").hash);

  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace duplex::store
