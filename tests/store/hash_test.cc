// Hashes against a map, across the border between listpack and table, with fields that end.
#include "store/hash.h"

#include "base/random.h"
#include "store/packed_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace duplex::store {
namespace {

using Pairs = std::map<std::string, std::string>;

Pairs contents(const HashView& hash) {
  Pairs pairs;
  hash.for_each([&](std::string_view field, std::string_view value) {
    EXPECT_TRUE(pairs.emplace(field, value).second);
  });
  return pairs;
}

std::string value_of(const HashView& hash, std::string_view field) {
  char scratch[base::int64_digits_max];
  return std::string(hash.value(hash.find(field), scratch));
}

TEST(Hash, BeginsAsAListpack) {
  const EntryPtr entry = Hash::make("k", no_expiry);
  Hash hash(*entry);

  EXPECT_TRUE(hash.is_empty());
  EXPECT_EQ(entry->type(), ValueType::hash);
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  EXPECT_TRUE(hash.set("f", "v"));
  EXPECT_FALSE(hash.set("f", "12"));
  EXPECT_EQ(value_of(hash, "f"), "12");
  EXPECT_FALSE(hash.contains("12"));
  EXPECT_EQ(hash.size(), 1u);
  EXPECT_TRUE(hash.erase("f"));
  EXPECT_FALSE(hash.erase("f"));
  EXPECT_TRUE(hash.is_empty());
}

TEST(Hash, BecomesATableBeyondItsLimits) {
  const auto entries = static_cast<std::size_t>(packed_limits().hash_entries.load());
  const auto bytes = static_cast<std::size_t>(packed_limits().hash_value.load());
  EntryPtr entry = Hash::make("k", no_expiry);
  for (std::size_t i = 0; i < entries; ++i)
    Hash(*entry).set(std::to_string(i), "v");
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  Hash(*entry).set("one more", "v");
  EXPECT_EQ(entry->encoding(), Encoding::hashtable);
  EXPECT_EQ(Hash(*entry).size(), entries + 1);

  entry = Hash::make("k", no_expiry);
  Hash(*entry).set(std::string(bytes, 'f'), std::string(bytes, 'v'));
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  Hash(*entry).set("f", std::string(bytes + 1, 'v'));
  EXPECT_EQ(entry->encoding(), Encoding::hashtable);

  entry = Hash::make("k", no_expiry);
  Hash(*entry).set(std::string(bytes + 1, 'f'), "v");
  EXPECT_EQ(entry->encoding(), Encoding::hashtable);
}

TEST(Hash, FieldsEnd) {
  const EntryPtr entry = Hash::make("k", no_expiry);
  Hash hash(*entry, 100);
  hash.set("a", "1");
  hash.set("b", "2");

  EXPECT_FALSE(hash.set_expiry("c", 200));
  EXPECT_TRUE(hash.set_expiry("a", no_expiry));
  EXPECT_TRUE(hash.is_packed());
  EXPECT_TRUE(hash.set_expiry("a", 150));
  EXPECT_FALSE(hash.is_packed());
  EXPECT_TRUE(entry->has_timed_fields());
  EXPECT_EQ(entry->due_ms(), 150);
  EXPECT_EQ(hash.expiry_ms(hash.find("a")), 150);
  EXPECT_EQ(hash.expiry_ms(hash.find("b")), no_expiry);
  EXPECT_EQ(contents(hash), (Pairs{{"a", "1"}, {"b", "2"}}));

  Hash later(*entry, 150);
  EXPECT_TRUE(later.may_have_ended());
  EXPECT_FALSE(later.contains("a"));
  EXPECT_EQ(later.size(), 2u);
  EXPECT_EQ(contents(later), (Pairs{{"b", "2"}}));
  std::vector<Hash::Place> places;
  later.places(places);
  EXPECT_EQ(places, std::vector<Hash::Place>{later.find("b")});
  EXPECT_FALSE(later.set_expiry("a", 300));

  std::vector<std::string> ended;
  EXPECT_TRUE(later.collect_ended(10, ended));
  EXPECT_EQ(ended, std::vector<std::string>{"a"});
  EXPECT_TRUE(later.erase("a"));
  EXPECT_FALSE(entry->has_timed_fields());
  EXPECT_EQ(entry->due_ms(), no_expiry);
}

TEST(Hash, SettingAValueTakesTheExpiryAwayOrKeepsIt) {
  const EntryPtr entry = Hash::make("k", no_expiry);
  Hash hash(*entry, 100);
  for (const char* field : {"a", "b", "c", "d"}) {
    hash.set(field, "old");
    hash.set_expiry(field, 150);
  }

  EXPECT_FALSE(hash.set("a", "new"));
  EXPECT_FALSE(hash.set("b", "new value", Hash::Expiry::keep));
  EXPECT_FALSE(hash.set("c", "new", Hash::Expiry::keep));
  EXPECT_EQ(hash.expiry_ms(hash.find("a")), no_expiry);
  EXPECT_EQ(hash.expiry_ms(hash.find("b")), 150);
  EXPECT_EQ(hash.expiry_ms(hash.find("c")), 150);
  EXPECT_EQ(value_of(hash, "b"), "new value");
  EXPECT_TRUE(Hash(*entry, 200).set("d", "new", Hash::Expiry::keep));
  EXPECT_EQ(hash.expiry_ms(hash.find("d")), no_expiry);
  hash.set_expiry("b", no_expiry);
  EXPECT_TRUE(entry->has_timed_fields());
  hash.set_expiry("c", no_expiry);
  EXPECT_FALSE(entry->has_timed_fields());
}

TEST(Hash, GivesItsEndedFieldsInSlices) {
  const EntryPtr entry = Hash::make("k", no_expiry);
  Hash hash(*entry, 1000);
  for (int i = 0; i < 1000; ++i) {
    hash.set(std::to_string(i), "v");
    hash.set_expiry(std::to_string(i), 1001 + i);
  }
  Hash later(*entry, 1500);
  std::size_t removed = 0;
  bool done = false;
  while (!done) {
    std::vector<std::string> ended;
    done = later.collect_ended(64, ended);
    EXPECT_LE(ended.size(), 64u);
    for (const std::string& field : ended)
      EXPECT_TRUE(later.erase(field));
    removed += ended.size();
  }
  EXPECT_EQ(removed, 500u);
  EXPECT_EQ(later.size(), 500u);
  EXPECT_EQ(entry->due_ms(), 1501);
}

TEST(Hash, IsCopiedWithItsExpiries) {
  const EntryPtr entry = Hash::make("k", no_expiry);
  Hash hash(*entry, 100);
  hash.set("a", "1");
  const EntryPtr packed = entry->copy("packed");
  hash.set_expiry("a", 150);
  hash.set("b", std::string(1000, 'b'));
  const EntryPtr twin = entry->copy("twin");
  hash.set("a", "changed");

  EXPECT_EQ(contents(HashView(*packed)), (Pairs{{"a", "1"}}));
  EXPECT_TRUE(twin->has_timed_fields());
  EXPECT_EQ(twin->due_ms(), 150);
  EXPECT_EQ(contents(HashView(*twin)), (Pairs{{"a", "1"}, {"b", std::string(1000, 'b')}}));
  EXPECT_GT(twin->memory_bytes(), 1000u);
}

// Puts a hash into its entry. Returns whether it did.
bool compact(EntryPtr& entry) {
  EntryPtr compacted = Hash(*entry).compacted();
  if (!compacted) return false;
  entry = std::move(compacted);
  return true;
}

TEST(Hash, StandsInsideItsEntryWhileItIsSmall) {
  const std::string key(300, 'k');
  for (const std::int64_t expiry_ms : {no_expiry, std::int64_t{5000}}) {
    EntryPtr entry = Hash::make(key, expiry_ms);
    Hash(*entry).set("a", "1");
    Hash(*entry).set("b", "text");
    entry->touch(77);
    ASSERT_TRUE(compact(entry));
    EXPECT_FALSE(compact(entry)) << "it is already";
    EXPECT_EQ(entry->encoding(), Encoding::listpack);
    EXPECT_EQ(entry->key(), key);
    EXPECT_EQ(entry->expiry_ms(), expiry_ms);
    EXPECT_EQ(entry->access_clock(), 77u);
    EXPECT_EQ(contents(HashView(*entry)), (Pairs{{"a", "1"}, {"b", "text"}}));
    EXPECT_EQ(contents(HashView(*entry->copy("twin"))), (Pairs{{"a", "1"}, {"b", "text"}}));
    EXPECT_FALSE(entry->is_heavy());
    Listpack scratch;
    EXPECT_TRUE(ListpackView::is_valid(HashView(*entry).packed_bytes(scratch)));

    EXPECT_FALSE(Hash(*entry).erase("c"));
    EXPECT_TRUE(Hash(*entry).erase("a"));
    EXPECT_FALSE(entry->is_compact());
    EXPECT_EQ(entry->key(), key);
    EXPECT_EQ(entry->expiry_ms(), expiry_ms);
    EXPECT_EQ(contents(HashView(*entry)), (Pairs{{"b", "text"}}));
  }
}

TEST(Hash, TheSmallestHashHasRoomForAPointerInItsEntry) {
  EntryPtr entry = Hash::make("", no_expiry);
  Hash(*entry).set("", "");
  const std::size_t bytes_before = entry->memory_bytes();
  ASSERT_TRUE(compact(entry));
  EXPECT_LT(entry->memory_bytes(), bytes_before);
  EXPECT_EQ(contents(HashView(*entry)), (Pairs{{"", ""}}));
  EXPECT_TRUE(Hash(*entry).set("f", std::string(1000, 'v')));
  EXPECT_EQ(contents(HashView(*entry)), (Pairs{{"", ""}, {"f", std::string(1000, 'v')}}));
}

TEST(Hash, LargeHashesStayOutside) {
  EntryPtr entry = Hash::make("k", no_expiry);
  for (int i = 0; i < 100; ++i)
    Hash(*entry).set("field" + std::to_string(i), "v");
  EXPECT_FALSE(compact(entry));
  EXPECT_EQ(Hash(*entry).size(), 100u);
}

TEST(Hash, IsScannedWhole) {
  for (const int size : {0, 1, 500, 5000}) {
    const EntryPtr entry = Hash::make("k", no_expiry);
    Pairs expected;
    for (int i = 0; i < size; ++i) {
      Hash(*entry).set("field" + std::to_string(i), std::to_string(i));
      expected.emplace("field" + std::to_string(i), std::to_string(i));
    }
    const HashView hash(*entry);
    EXPECT_EQ(contents(hash), expected);
    Pairs seen;
    std::uint64_t cursor = 0;
    do {
      cursor = hash.scan(cursor, 10, [&](std::string_view field, std::string_view value) {
        seen.emplace(field, value);
      });
    } while (cursor != 0);
    EXPECT_EQ(seen, expected);
  }
}

TEST(Hash, RandomPlacesReachEveryField) {
  base::Random random(5);
  for (const int size : {1, 20, 1000}) {
    const EntryPtr entry = Hash::make("k", no_expiry);
    for (int i = 0; i < size; ++i)
      Hash(*entry).set(std::to_string(i), "v");
    const HashView hash(*entry);
    std::map<Hash::Place, int> seen;
    for (int i = 0; i < size * 40; ++i)
      ++seen[hash.random_place(random.next())];
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(size));
  }
}

// A field of the model: its value, and when it ends.
struct Modelled {
  std::string value;
  std::int64_t expiry_ms = no_expiry;
};

class HashModel {
 public:
  HashModel(std::uint64_t seed, std::uint64_t fields)
      : random_(seed), entry_(Hash::make("k", no_expiry)), fields_(fields) {}

  void step() {
    if (random_.below(2) == 0) compact(entry_);
    Hash hash(*entry_, now_ms_);
    const std::string field = text("f", fields_);
    const auto known = model_.find(field);
    const bool is_there = known != model_.end() && known->second.expiry_ms > now_ms_;
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        const std::string value = text("", 1000);
        EXPECT_EQ(hash.set(field, value), !is_there);
        model_[field] = {value, no_expiry};
        break;
      }
      case 5: {
        const std::string value = text("v", 1000);
        const std::int64_t kept_ms = is_there ? known->second.expiry_ms : no_expiry;
        EXPECT_EQ(hash.set(field, value, Hash::Expiry::keep), !is_there);
        model_[field] = {value, kept_ms};
        break;
      }
      case 6:
        EXPECT_EQ(hash.erase(field), known != model_.end());
        model_.erase(field);
        break;
      case 7: {
        if (!timed_) break;
        const auto expiry_ms = now_ms_ + 1 + static_cast<std::int64_t>(random_.below(3000));
        EXPECT_EQ(hash.set_expiry(field, expiry_ms), is_there);
        if (is_there) known->second.expiry_ms = expiry_ms;
        break;
      }
      case 8:
        EXPECT_EQ(hash.set_expiry(field, no_expiry), is_there);
        if (is_there) known->second.expiry_ms = no_expiry;
        break;
      case 9:
        now_ms_ += static_cast<std::int64_t>(random_.below(3));
        break;
      default:
        EXPECT_EQ(hash.contains(field), is_there);
        if (is_there) {
          EXPECT_EQ(value_of(hash, field), known->second.value);
          EXPECT_EQ(hash.expiry_ms(hash.find(field)), known->second.expiry_ms);
        }
        break;
    }
    EXPECT_EQ(hash.size(), model_.size());
  }

  void sweep() {
    Hash hash(*entry_, now_ms_);
    if (!entry_->has_timed_fields()) return;
    std::vector<std::string> ended;
    hash.collect_ended(random_.below(50) + 1, ended);
    for (const std::string& field : ended) {
      EXPECT_TRUE(hash.erase(field));
      EXPECT_LE(model_[field].expiry_ms, now_ms_);
      model_.erase(field);
    }
  }

  void check() const {
    Pairs expected;
    std::int64_t due_ms = no_expiry;
    for (const auto& [field, known] : model_) {
      if (known.expiry_ms > now_ms_) expected.emplace(field, known.value);
      due_ms = std::min(due_ms, known.expiry_ms);
    }
    EXPECT_EQ(contents(HashView(*entry_, now_ms_)), expected);
    EXPECT_LE(entry_->due_ms(), due_ms);
    EXPECT_EQ(entry_->has_timed_fields(), due_ms != no_expiry);
  }

  void drop_half() {
    Hash hash(*entry_, now_ms_);
    bool drop = false;
    for (auto it = model_.begin(); it != model_.end();) {
      drop = !drop;
      if (!drop) {
        ++it;
        continue;
      }
      EXPECT_TRUE(hash.erase(it->first));
      it = model_.erase(it);
    }
  }

  void allow_timed() { timed_ = true; }

 private:
  std::string text(const char* start, std::uint64_t range) {
    std::string made = start + std::to_string(random_.below(range));
    if (random_.below(2000) == 0) made += std::string(random_.below(1200), 'x');
    return made;
  }

  base::Random random_;
  EntryPtr entry_;
  const std::uint64_t fields_;
  std::map<std::string, Modelled> model_;
  std::int64_t now_ms_ = 1000;
  bool timed_ = false;
};

TEST(Hash, BehavesAsAMap) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    SCOPED_TRACE(seed);
    HashModel model(seed, seed > 4 ? 12 : 1500);
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 300; ++i)
        model.step();
      if ((round == 20 && seed != 5) || seed == 4) model.allow_timed();
      model.sweep();
      model.check();
      if (round % 15 == 14) model.drop_half();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace duplex::store
