// Sets: what they answer in each of their forms, against a set of strings, and when forms change.
#include "store/set.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "store/packed_limits.h"

namespace duplex::store {
namespace {

std::set<std::string> contents(const SetView& set) {
  std::set<std::string> all;
  set.for_each([&](std::string_view member) { EXPECT_TRUE(all.emplace(member).second); });
  return all;
}

void add_integers(Set& set, int first, int count) {
  for (int i = first; i < first + count; ++i)
    set.add(std::to_string(i));
}

TEST(MemberSlot, gives_back_every_text) {
  std::vector<std::string> texts = {
      "", "a", "abcdefg", "abcdefgh", "-0", "01", "+1", "0", "-1", std::string(7, '\0'),
      std::string(100, 'x'), "9223372036854775808"};
  for (const int bits : {6, 31, 60, 61, 62}) {
    const std::int64_t border = std::int64_t{1} << bits;
    for (const std::int64_t off : {-1, 0, 1}) {
      texts.push_back(std::to_string(border + off));
      texts.push_back(std::to_string(-border + off));
    }
  }
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::min()));
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::max()));
  for (const std::string& text : texts) {
    const MemberSlot slot(text);
    const MemberSlot twin = slot.copy();
    char scratch[base::int64_digits_max];
    EXPECT_EQ(slot.text(scratch), text);
    EXPECT_EQ(twin.text(scratch), text);
    EXPECT_EQ(slot.hash(), base::hash_bytes(text));
    for (const std::string& other : texts)
      EXPECT_EQ(slot.equals(other), text == other) << text << " and " << other;
    slot.destroy();
    twin.destroy();
  }
}

TEST(MemberSlot, short_members_take_no_block) {
  for (const std::string_view text : {"", "abcdefg", "2305843009213693951", "-2305843009213693952"})
    EXPECT_EQ(MemberSlot(text).outside_bytes(), 0u) << text;
  const MemberSlot slot("abcdefgh");
  EXPECT_GT(slot.outside_bytes(), 0u);
  slot.destroy();
}

TEST(Set, integers_become_a_table_beyond_their_limit) {
  const EntryPtr entry = Set::make("k", no_expiry);
  Set set(*entry);
  add_integers(set, 0, 512);
  EXPECT_EQ(set.encoding(), Encoding::intset);
  EXPECT_FALSE(set.add("7"));
  EXPECT_TRUE(set.add("512"));
  EXPECT_EQ(set.encoding(), Encoding::hashtable);
  EXPECT_EQ(set.size(), 513u);
  EXPECT_TRUE(set.contains("0"));
}

TEST(Set, integers_and_a_text_become_a_listpack_if_they_are_few) {
  const EntryPtr few = Set::make("k", no_expiry);
  Set set(*few);
  add_integers(set, 0, 127);
  EXPECT_TRUE(set.add("a"));
  EXPECT_EQ(set.encoding(), Encoding::listpack);
  EXPECT_EQ(set.size(), 128u);
  EXPECT_FALSE(set.add("126"));
  EXPECT_TRUE(set.add("b"));
  EXPECT_EQ(set.encoding(), Encoding::hashtable);

  const EntryPtr many = Set::make("k", no_expiry);
  Set other(*many);
  add_integers(other, 0, 128);
  EXPECT_TRUE(other.add("a"));
  EXPECT_EQ(other.encoding(), Encoding::hashtable);

  const EntryPtr with_long = Set::make("k", no_expiry);
  Set third(*with_long);
  third.add("1");
  EXPECT_TRUE(third.add(std::string(65, 'a')));
  EXPECT_EQ(third.encoding(), Encoding::hashtable);
}

TEST(Set, first_member_and_number_choose_the_form) {
  EXPECT_EQ(Set::make("k", no_expiry, "1", 512)->encoding(), Encoding::intset);
  EXPECT_EQ(Set::make("k", no_expiry, "1", 513)->encoding(), Encoding::hashtable);
  EXPECT_EQ(Set::make("k", no_expiry, "a", 128)->encoding(), Encoding::listpack);
  EXPECT_EQ(Set::make("k", no_expiry, "a", 129)->encoding(), Encoding::hashtable);
  const EntryPtr entry = Set::make("k", no_expiry, "a");
  Set set(*entry);
  set.prepare(128);
  EXPECT_EQ(set.encoding(), Encoding::listpack);
  set.prepare(129);
  EXPECT_EQ(set.encoding(), Encoding::hashtable);
}

TEST(Set, copy_is_independent) {
  for (const char* first : {"1", "a"}) {
    for (const int count : {3, 600}) {
      const EntryPtr entry = Set::make("k", no_expiry, first);
      Set set(*entry);
      set.add(first);
      add_integers(set, 10, count);
      const std::set<std::string> before = contents(set);
      const EntryPtr twin = entry->copy("other");
      EXPECT_GT(twin->memory_bytes(), static_cast<std::size_t>(count));
      EXPECT_EQ(twin->is_heavy(), count == 600);
      set.erase(first);
      set.add("something long that needs a block");
      EXPECT_EQ(contents(Set(*twin)), before);
    }
  }
}

std::string some_member(base::Random& random, unsigned kinds) {
  const auto number = static_cast<std::int64_t>(random.below(700));
  switch (random.below(kinds)) {
    case 0:
      return std::to_string(number);
    case 1:
      return "m" + std::to_string(number);
    case 2:
      return "a rather long member " + std::to_string(number);
    default:
      return std::to_string((std::int64_t{1} << 61) - 350 + number);
  }
}

TEST(Set, does_what_a_set_of_strings_does) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    base::Random random(seed);
    const auto kinds = static_cast<unsigned>(1 + seed % 4);
    EntryPtr entry = Set::make("k", no_expiry);
    std::set<std::string> model;
    for (int step = 0; step < 6000; ++step) {
      Set set(*entry);
      const std::string member = some_member(random, kinds);
      const bool grows = (step / 1500) % 2 == 0;
      if (random.below(4) == 0 ? !grows : grows) {
        ASSERT_EQ(set.add(member), model.insert(member).second);
      } else if (random.below(3) == 0 && !model.empty()) {
        ASSERT_EQ(model.erase(set.pop(random)), 1u);
      } else {
        ASSERT_EQ(set.erase(member), model.erase(member) == 1);
      }
      ASSERT_EQ(set.size(), model.size());
      ASSERT_EQ(set.contains(member), model.contains(member));
      if (step % 500 == 0) {
        ASSERT_EQ(contents(set), model);
      }
      // Now and then it starts as small as it can be.
      if (model.empty()) entry = Set::make("k", no_expiry);
    }
  }
}

TEST(Set, scan_finds_all_that_stays) {
  const EntryPtr entry = Set::make("k", no_expiry, "a");
  Set set(*entry);
  add_integers(set, 0, 2000);
  std::set<std::string> found;
  std::uint64_t cursor = 0;
  int steps = 0;
  do {
    cursor = set.scan(cursor, 10, [&](std::string_view member) { found.emplace(member); });
    // What comes and goes meanwhile does not matter.
    add_integers(set, 2000 + steps * 10, 10);
    ++steps;
  } while (cursor != 0);
  EXPECT_GT(steps, 50);
  for (int i = 0; i < 2000; ++i)
    EXPECT_TRUE(found.contains(std::to_string(i)));
}

TEST(Set, random_members_are_all_that_there_are) {
  for (const int size : {5, 100, 1000}) {
    for (const char* first : {"1", "a"}) {
      const EntryPtr entry = Set::make("k", no_expiry, first);
      Set set(*entry);
      set.add(first);
      add_integers(set, 2, size);
      std::map<std::string, int> chosen;
      base::Random random(3);
      char scratch[base::int64_digits_max];
      for (int i = 0; i < 100 * size; ++i)
        ++chosen[std::string(set.random_member(random, scratch))];
      EXPECT_EQ(chosen.size(), set.size());
    }
  }
}

}  // namespace
}  // namespace duplex::store
