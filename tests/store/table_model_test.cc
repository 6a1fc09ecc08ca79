// Long random runs of a Table beside a std::unordered_map: both must always hold the same.
#include "store/table.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

struct Value {
  std::string text;
  std::int64_t expiry_ms = no_expiry;
};

// A table and what it should hold.
class Run {
 public:
  Run(std::uint64_t seed, std::uint64_t keys) : random_(seed), keys_(keys) {}

  // One random step; `growth` of 100 steps insert what is not there.
  void step(std::uint64_t growth) {
    const std::string key = "k" + std::to_string(random_.below(keys_));
    const HashedKey hashed(key);
    const Table::Position position = table_.find(hashed);
    const auto known = model_.find(key);
    ASSERT_EQ(static_cast<bool>(position), known != model_.end()) << key;
    if (position) {
      ASSERT_EQ(position.entry()->expiry_ms(), known->second.expiry_ms);
    }
    if (random_.below(100) < growth)
      write(key, hashed, position);
    else if (position)
      erase(key, hashed, position);
  }

  // Lets time pass and takes out what has ended.
  void expire() {
    now_ms_ += static_cast<std::int64_t>(random_.below(500));
    std::vector<Entry*> expired;
    const std::size_t limit = 1 + random_.below(200);
    const bool done = table_.collect_expired(now_ms_, limit, expired);
    std::vector<std::string> keys;
    for (const Entry* entry : expired)
      keys.emplace_back(entry->key());
    for (const std::string& key : keys) {
      ASSERT_LE(model_.at(key).expiry_ms, now_ms_);
      const HashedKey hashed(key);
      table_.erase(table_.find(hashed), hashed.hash);
      model_.erase(key);
    }
    ASSERT_LE(expired.size(), limit);
    if (!done) return;
    for (const auto& [key, value] : model_)
      ASSERT_GT(value.expiry_ms, now_ms_) << key;
  }

  void check() const {
    ASSERT_EQ(table_.size(), model_.size());
    std::size_t expiring = 0;
    for (const auto& [key, value] : model_) {
      const Table::Position position = table_.find(HashedKey(key));
      ASSERT_TRUE(position) << key;
      char scratch[20];
      ASSERT_EQ(position.entry()->text(scratch), value.text);
      ASSERT_LE(table_.earliest_expiry_ms(), value.expiry_ms);
      expiring += value.expiry_ms != no_expiry ? 1 : 0;
    }
    ASSERT_EQ(table_.expiring(), expiring);
    std::size_t visited = 0;
    table_.for_each([&](Entry&) { ++visited; });
    ASSERT_EQ(visited, model_.size());
  }

 private:
  std::int64_t random_expiry() {
    return random_.below(3) == 0 ? now_ms_ + static_cast<std::int64_t>(random_.below(5000))
                                 : no_expiry;
  }

  void write(const std::string& key, const HashedKey& hashed, Table::Position position) {
    const Value value{"v" + std::to_string(random_.below(1000)), random_expiry()};
    if (position && position.entry()->has_expiry() && random_.below(2) == 0) {
      model_[key].expiry_ms = now_ms_ + static_cast<std::int64_t>(random_.below(5000));
      position.entry()->change_expiry(model_[key].expiry_ms);
      table_.note_expiry(position);
      return;
    }
    EntryPtr entry = Entry::make_string(key, value.text, value.expiry_ms);
    if (position)
      table_.replace(position, std::move(entry));
    else
      table_.insert(hashed, std::move(entry));
    model_[key] = value;
  }

  void erase(const std::string& key, const HashedKey& hashed, Table::Position position) {
    const EntryPtr old = table_.erase(position, hashed.hash);
    ASSERT_EQ(old->key(), key);
    model_.erase(key);
  }

  base::Random random_;
  std::uint64_t keys_;
  std::int64_t now_ms_ = 1'000'000;
  Table table_;
  std::unordered_map<std::string, Value> model_;
};

void run(std::uint64_t seed, std::uint64_t keys, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(keys) + " keys");
  Run run(seed, keys);
  // Growing, balanced, shrinking and growing again.
  for (const std::uint64_t growth : {95u, 50u, 5u, 80u}) {
    for (int step = 0; step < steps; ++step) {
      run.step(growth);
      if (step % 500 == 0) run.expire();
      if (step % 5000 == 0) run.check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    run.check();
  }
}

TEST(TableModel, EqualsAMapWithFewKeys) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    run(seed, 40, 1500);
}

TEST(TableModel, EqualsAMapWithOnePage) { run(21, 400, 20'000); }

TEST(TableModel, EqualsAMapWithManyPages) { run(22, 20'000, 60'000); }

}  // namespace
}  // namespace duplex::store
