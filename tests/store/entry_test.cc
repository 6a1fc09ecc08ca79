// Every shape of an entry, and what may change in place.
#include "store/entry.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "base/numbers.h"

namespace duplex::store {
namespace {

std::string text_of(const Entry& entry) {
  char scratch[base::int64_digits_max];
  return std::string(entry.text(scratch));
}

const std::string long_key(300, 'k');
const std::string huge_key(70'000, 'k');

struct Shape {
  std::string name;
  std::string key;
  std::string value;
  std::int64_t expiry_ms;
  Encoding encoding;
};

// All combinations of key, value and expiry that are kept differently.
std::vector<Shape> shapes() {
  const std::string keys[] = {"", "key", std::string(255, 'k'), std::string(256, 'k'), huge_key};
  const std::pair<std::string, Encoding> values[] = {
      {"", Encoding::embedded},
      {"value", Encoding::embedded},
      {std::string(44, 'v'), Encoding::embedded},
      {std::string(45, 'v'), Encoding::raw},
      {std::string(512, 'v'), Encoding::raw},
      {std::string(513, 'v'), Encoding::raw},
      {std::string(100'000, 'v'), Encoding::raw},
      {"0", Encoding::integer},
      {"-9223372036854775808", Encoding::integer},
      {"9223372036854775808", Encoding::embedded},
      {"007", Encoding::embedded},
  };
  std::vector<Shape> all;
  for (const std::string& key : keys)
    for (const auto& [value, encoding] : values)
      for (const std::int64_t expiry_ms : {no_expiry, std::int64_t{1'000'000}})
        all.push_back({"key of " + std::to_string(key.size()) + " bytes, value of " +
                           std::to_string(value.size()) +
                           (expiry_ms == no_expiry ? " bytes" : " bytes, expiring"),
                       key,
                       value,
                       expiry_ms,
                       encoding});
  return all;
}

void expect_shape(const Entry& entry, const Shape& shape) {
  EXPECT_EQ(entry.key(), shape.key);
  EXPECT_EQ(text_of(entry), shape.value);
  EXPECT_EQ(entry.text_size(), shape.value.size());
  EXPECT_EQ(entry.type(), ValueType::string);
  EXPECT_EQ(entry.encoding(), shape.encoding);
  EXPECT_EQ(entry.expiry_ms(), shape.expiry_ms);
  EXPECT_EQ(entry.has_expiry(), shape.expiry_ms != no_expiry);
}

TEST(Entry, HoldsEveryShape) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    expect_shape(*Entry::make_string(shape.key, shape.value, shape.expiry_ms), shape);
  }
}

TEST(Entry, WithExpiryKeepsTheRest) {
  for (Shape shape : shapes()) {
    SCOPED_TRACE(shape.name);
    for (const std::int64_t expiry_ms : {no_expiry, std::int64_t{5}}) {
      EntryPtr entry = Entry::make_string(shape.key, shape.value, shape.expiry_ms);
      entry->touch(0x123456);

      const EntryPtr changed = entry->with_expiry(expiry_ms);
      entry.reset();

      shape.expiry_ms = expiry_ms;
      expect_shape(*changed, shape);
      EXPECT_EQ(changed->access_clock(), 0x123456u);
    }
  }
}

TEST(Entry, WithKeyKeepsTheRest) {
  for (Shape shape : shapes()) {
    SCOPED_TRACE(shape.name);
    for (const std::string& key : {std::string("k"), long_key}) {
      EntryPtr entry = Entry::make_string(shape.key, shape.value, shape.expiry_ms);

      const EntryPtr changed = entry->with_key(key);
      entry.reset();

      shape.key = key;
      expect_shape(*changed, shape);
    }
  }
}

TEST(Entry, ACopyIsIndependent) {
  for (Shape shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const EntryPtr entry = Entry::make_string(shape.key, shape.value, shape.expiry_ms);

    EntryPtr copy = entry->copy(long_key);
    if (!copy->is_integer() && copy->text_size() > 0) *copy->grow_in_place(1) = '!';
    expect_shape(*entry, shape);
    copy.reset();

    expect_shape(*entry, shape);
  }
}

TEST(Entry, GivesAllItsMemoryBack) {
  const std::vector<Shape> all = shapes();
  const std::size_t before = base::allocated_bytes();

  for (const Shape& shape : all) {
    EntryPtr entry = Entry::make_string(shape.key, shape.value, shape.expiry_ms);
    EXPECT_EQ(entry->memory_bytes(), base::allocated_bytes() - before) << shape.name;
    EntryPtr copy = entry->copy("copy");
    entry = entry->with_expiry(9);
    entry = entry->with_key("other");
  }

  EXPECT_EQ(base::allocated_bytes(), before);
}

TEST(Entry, ExpiresAtItsTime) {
  const EntryPtr entry = Entry::make_string("key", "value", 100);
  const EntryPtr stays = Entry::make_string("key", "value", no_expiry);

  EXPECT_FALSE(entry->is_expired(99));
  EXPECT_TRUE(entry->is_expired(100));
  EXPECT_TRUE(entry->is_expired(101));
  EXPECT_FALSE(stays->is_expired(std::numeric_limits<std::int64_t>::max()));
}

TEST(Entry, ChangesExpiryAndIntegerInPlace) {
  const EntryPtr entry = Entry::make_integer("key", 5, 100);

  entry->change_expiry(200);
  entry->change_integer(-6);

  EXPECT_EQ(entry->expiry_ms(), 200);
  EXPECT_EQ(entry->integer(), -6);
  EXPECT_EQ(text_of(*entry), "-6");
}

TEST(Entry, TextStaysBytesEvenIfItIsAnInteger) {
  const EntryPtr entry = Entry::make_text("key", "15", no_expiry);

  EXPECT_EQ(entry->encoding(), Encoding::embedded);
  EXPECT_EQ(text_of(*entry), "15");
}

TEST(Entry, TheAccessClockHas24Bits) {
  const EntryPtr entry = Entry::make_string("key", "value", 1);

  entry->touch(0xffffff);

  EXPECT_EQ(entry->access_clock(), 0xffffffu);
  EXPECT_EQ(entry->key(), "key");
  EXPECT_TRUE(entry->has_expiry());
}

TEST(Entry, AssignsInPlaceWhatFits) {
  const std::string large(600, 'v');
  struct Row {
    const char* name;
    std::string_view old_value;
    std::string_view new_value;
    bool fits;
  };
  for (const Row& row : {Row{"same size", "abc", "xyz", true},
                         Row{"nothing over nothing", "", "", true},
                         Row{"shorter", "abc", "xy", false},
                         Row{"longer", "abc", "wxyz", false},
                         Row{"integer over integer", "1", "1234567", true},
                         Row{"text over integer", "1", "x", false},
                         Row{"integer over text", "abc", "123", false},
                         Row{"large over large", large, large, false}}) {
    const EntryPtr entry = Entry::make_string("key", row.old_value, 77);

    const bool fits = entry->assign_in_place(row.new_value);

    EXPECT_EQ(fits, row.fits) << row.name;
    EXPECT_EQ(text_of(*entry), fits ? row.new_value : row.old_value) << row.name;
    EXPECT_EQ(entry->expiry_ms(), 77) << row.name;
  }
}

TEST(Entry, AssigningMakesARawValueEmbeddedAgain) {
  const EntryPtr entry = Entry::make_raw("key", "abc", 3, no_expiry);
  ASSERT_EQ(entry->encoding(), Encoding::raw);

  ASSERT_TRUE(entry->assign_in_place("xyz"));

  EXPECT_EQ(entry->encoding(), Encoding::embedded);
}

TEST(Entry, GrowsInPlaceWithinItsRoomOnly) {
  const EntryPtr entry = Entry::make_text("key", "abc", no_expiry);

  EXPECT_EQ(entry->grow_in_place(4), nullptr);
  EXPECT_EQ(entry->encoding(), Encoding::embedded);
  char* const bytes = entry->grow_in_place(2);
  ASSERT_NE(bytes, nullptr);
  bytes[0] = 'x';

  EXPECT_EQ(text_of(*entry), "xbc");
  EXPECT_EQ(entry->encoding(), Encoding::raw);
}

TEST(Entry, GrowsALargeStringWithZeros) {
  const EntryPtr entry = Entry::make_raw("key", "abc", 1000, 5);

  std::string expected = "abc";
  for (const std::size_t size : {std::size_t{900}, std::size_t{1000}, std::size_t{3'000'000}}) {
    ASSERT_NE(entry->grow_in_place(size), nullptr);
    expected.resize(size);
    EXPECT_TRUE(text_of(*entry) == expected) << size;
  }
  EXPECT_EQ(entry->expiry_ms(), 5);
  EXPECT_EQ(entry->key(), "key");
}

TEST(Entry, GrowingToLessKeepsTheSize) {
  const EntryPtr entry = Entry::make_raw("key", std::string(600, 'v'), 600, no_expiry);

  ASSERT_NE(entry->grow_in_place(10), nullptr);

  EXPECT_EQ(entry->text_size(), 600u);
}

TEST(Entry, ARawValueMayHaveAnIntegersText) {
  const EntryPtr entry = Entry::make_raw("key", "12", 1000, no_expiry);

  EXPECT_FALSE(entry->is_integer());
  EXPECT_EQ(text_of(*entry), "12");
}

TEST(Entry, IsHeavyFromOneMebibyteOn) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;

  EXPECT_FALSE(Entry::make_raw("k", "", mebibyte - 1, no_expiry)->is_heavy());
  EXPECT_TRUE(Entry::make_raw("k", "", mebibyte, no_expiry)->is_heavy());
  EXPECT_FALSE(Entry::make_integer("k", 1, no_expiry)->is_heavy());
}

TEST(Entry, NamesTypesAndEncodingsAsRedisDoes) {
  EXPECT_EQ(type_name(ValueType::string), "string");
  EXPECT_EQ(type_name(ValueType::list), "list");
  EXPECT_EQ(type_name(ValueType::set), "set");
  EXPECT_EQ(type_name(ValueType::sorted_set), "zset");
  EXPECT_EQ(type_name(ValueType::hash), "hash");
  EXPECT_EQ(type_name(ValueType::stream), "stream");
  EXPECT_EQ(encoding_name(Encoding::integer), "int");
  EXPECT_EQ(encoding_name(Encoding::embedded), "embstr");
  EXPECT_EQ(encoding_name(Encoding::raw), "raw");
}

TEST(EntryDeathTest, AnIntegerHasNoBytesToGrow) {
  const EntryPtr entry = Entry::make_integer("key", 1, no_expiry);

  EXPECT_DEATH(entry->grow_in_place(3), "DUPLEX BUG");
}

}  // namespace
}  // namespace duplex::store
