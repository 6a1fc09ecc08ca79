// Hash tags and slots as the cluster specification defines them.
#include "store/hashed_key.h"

#include <gtest/gtest.h>

#include <string_view>

namespace duplex::store {
namespace {

TEST(HashTag, IsWhatStandsInTheFirstBraces) {
  struct Row {
    const char* name;
    std::string_view key;
    std::string_view tag;
  };
  for (const Row& row : {Row{"no braces", "key", "key"},
                         Row{"an empty key", "", ""},
                         Row{"braces in front", "{user}:1", "user"},
                         Row{"braces behind", "a{user}", "user"},
                         Row{"two pairs", "{a}{b}", "a"},
                         Row{"nothing in the braces", "a{}b", "a{}b"},
                         Row{"nothing in the first braces", "{}{b}", "{}{b}"},
                         Row{"no closing brace", "a{b", "a{b"},
                         Row{"no opening brace", "a}b", "a}b"},
                         Row{"closing before opening", "}a{b}", "b"},
                         Row{"an opening brace inside", "{{b}}c", "{b"}})
    EXPECT_EQ(hash_tag(row.key), row.tag) << row.name;
}

TEST(KeySlot, EqualsWhatClusterKeyslotAnswers) {
  EXPECT_EQ(key_slot("foo"), 12182);
  EXPECT_EQ(key_slot("somekey"), 11058);
  EXPECT_EQ(key_slot("foo{hash_tag}"), 2515);
  EXPECT_EQ(key_slot(""), 0);
}

TEST(HashedKey, KeysWithOneTagShareASlotAndAShard) {
  const HashedKey first("{user1000}.following");
  const HashedKey second("{user1000}.followers");

  EXPECT_EQ(first.slot, second.slot);
  EXPECT_EQ(first.shard(), second.shard());
  EXPECT_NE(first.hash, second.hash);
  EXPECT_LT(first.shard(), shard_count);
}

}  // namespace
}  // namespace duplex::store
