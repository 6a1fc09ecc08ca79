// A walk through tables that change meanwhile gives what was there at the cut, each entry once.
#include "store/snapshot.h"

#include "store/keyspace.h"
#include "store/shard_lock.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace duplex::store {
namespace {

using Content = std::map<std::pair<int, std::string>, std::string>;

std::string text_of(const Entry& entry) {
  char scratch[32];
  return std::string(entry.text(scratch)) +
         (entry.has_expiry() ? "@" + std::to_string(entry.expiry_ms()) : "");
}

// Keeps what it is given, and refuses to be given anything twice.
class Collector : public SnapshotSink {
 public:
  void before_change(int database, const Entry& entry) override { add(database, entry); }
  void adopt(Table table) override { adopted.push_back(std::move(table)); }
  void add(int database, const Entry& entry) {
    EXPECT_TRUE(content.try_emplace({database, std::string(entry.key())}, text_of(entry)).second)
        << entry.key();
  }
  void step(Table& table, std::size_t count) {
    SnapshotStep step;
    table.next_step(count, step);
    for (const EntrySlot* slot : step.slots)
      add(table.walk().database, *slot->entry());
    table.finish_step(step);
  }

  Content content;
  std::vector<Table> adopted;
};

class SnapshotTest : public testing::Test {
 protected:
  static constexpr int databases = 3;

  // All keys share a shard, so that its tables have many pages.
  static std::string key_of(unsigned number) { return "{tag}" + std::to_string(number); }

  void change(int database, const std::string& key) {
    const HashedKey hashed(key);
    const Table::Position at = lock_.find(database, hashed);
    const std::string value = "new" + std::to_string(random() % 1000);
    switch (random() % 5) {
      case 0:
        if (at) lock_.erase(database, hashed, at);
        break;
      case 1:
        if (at)
          lock_.set_expiry(database,
                           hashed,
                           at,
                           random() % 2 == 0 ? no_expiry : std::int64_t{1000} + random() % 1000);
        break;
      case 2:
        if (at) {
          lock_.before_change(database, hashed, at);
          at.entry()->assign_in_place(value);
        }
        break;
      default:
        put(database, key, value);
    }
  }

  void put(int database, const std::string& key, const std::string& value) {
    const HashedKey hashed(key);
    EntryPtr entry = Entry::make_string(key, value, no_expiry);
    if (const Table::Position at = lock_.find(database, hashed))
      lock_.replace(database, hashed, at, std::move(entry));
    else
      lock_.insert(database, hashed, std::move(entry));
  }

  Content content() {
    Content all;
    for (int database = 0; database < databases; ++database)
      if (const Table* table = lock_.table_if_any(database, shard_))
        table->for_each([&](const Entry& entry) {
          all.emplace(std::pair(database, std::string(entry.key())), text_of(entry));
        });
    return all;
  }

  // Walks to the end, with `between` called before each step.
  template <typename Between>
  void walk(Collector& collector, Between&& between) {
    while (true) {
      between();
      Table* table = lock_.open_walk(shard_);
      if (table == nullptr) break;
      collector.step(*table, 1 + random() % 200);
    }
    for (Table& table : collector.adopted)
      while (table.walk().is_open)
        collector.step(table, 64);
    lock_.end_snapshot();
  }

  // After a snapshot no mark may be left, or the next one would leave the entry out.
  void expect_complete_snapshot() {
    Collector next;
    lock_.begin_snapshot(next);
    const Content expected = content();
    walk(next, [] {});
    EXPECT_EQ(next.content, expected);
  }

  unsigned random() { return static_cast<unsigned>(random_()); }

  Keyspace keyspace_{databases};
  ShardLock lock_{keyspace_};
  const std::size_t shard_ = HashedKey("{tag}").shard();
  std::mt19937 random_{7};
};

TEST_F(SnapshotTest, HasTheStateOfTheCutUnderRandomChanges) {
  lock_.lock_all();
  for (int round = 0; round < 20; ++round) {
    for (unsigned i = 0; i < 4000; ++i)
      change(static_cast<int>(random() % databases), key_of(random() % 6000));
    Collector collector;
    lock_.begin_snapshot(collector);
    const Content expected = content();
    const unsigned changes = random() % 100;
    walk(collector, [&] {
      for (unsigned i = 0; i < changes; ++i)
        change(static_cast<int>(random() % databases), key_of(random() % 9000));
    });
    EXPECT_EQ(collector.content, expected);
  }
  expect_complete_snapshot();
}

TEST_F(SnapshotTest, SurvivesPagesThatSplitAndShrink) {
  lock_.lock_all();
  for (unsigned i = 0; i < 3000; ++i)
    put(0, key_of(i), "old");
  Collector collector;
  lock_.begin_snapshot(collector);
  const Content expected = content();
  unsigned next = 3000;
  unsigned gone = 0;
  walk(collector, [&] {
    for (unsigned i = 0; i < 1000 && next < 20000; ++i)
      put(0, key_of(next++), "later");
    for (unsigned i = 0; i < 200 && gone < 3000; ++i, ++gone) {
      const std::string key = key_of(gone);
      const HashedKey hashed(key);
      lock_.erase(0, hashed, lock_.find(0, hashed));
    }
  });
  EXPECT_EQ(collector.content, expected);
  expect_complete_snapshot();
}

TEST_F(SnapshotTest, FollowsDatabasesThatAreSwappedAndFlushed) {
  lock_.lock_all();
  for (unsigned i = 0; i < 2000; ++i)
    put(static_cast<int>(i % databases), key_of(i), "old");
  Collector collector;
  lock_.begin_snapshot(collector);
  const Content expected = content();
  int rounds = 0;
  walk(collector, [&] {
    ++rounds;
    if (rounds % 3 == 0) lock_.swap_databases(0, 1);
    if (rounds == 3) (void)lock_.take_tables(1);
    for (unsigned i = 0; i < 50; ++i)
      change(static_cast<int>(random() % databases), key_of(random() % 3000));
  });
  EXPECT_EQ(collector.content, expected);
  EXPECT_EQ(collector.adopted.size(), 1u);
  expect_complete_snapshot();
}

TEST_F(SnapshotTest, CanBeGivenUp) {
  lock_.lock_all();
  for (unsigned i = 0; i < 2000; ++i)
    put(0, key_of(i), "old");
  Collector collector;
  lock_.begin_snapshot(collector);
  collector.step(*lock_.open_walk(shard_), 100);
  for (unsigned i = 0; i < 2000; ++i)
    change(0, key_of(random() % 3000));
  lock_.end_snapshot();
  while (Table* table = lock_.open_walk(shard_))
    table->abandon_walk();
  expect_complete_snapshot();
}

}  // namespace
}  // namespace duplex::store
