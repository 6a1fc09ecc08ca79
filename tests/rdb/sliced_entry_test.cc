// Large values in slices: the same bytes as at once, or the same value.
#include "rdb/sliced_entry.h"

#include "base/buffer.h"
#include "rdb/reader.h"
#include "rdb/writer.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"
#include "store/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace duplex::rdb {
namespace {

constexpr int timed_version = 12;

struct Slices {
  std::string bytes;
  std::size_t count = 0;
  std::size_t largest = 0;
};

Slices sliced(const store::Entry& entry, bool compress, int version) {
  EXPECT_TRUE(SlicedEntry::is_large(entry, version));
  SlicedEntry slices(entry, {}, compress, version);
  Slices result;
  while (!slices.done()) {
    base::Buffer out;
    slices.append(out);
    result.bytes += out.view();
    result.largest = std::max(result.largest, out.size());
    ++result.count;
  }
  return result;
}

std::string at_once(const store::Entry& entry, bool compress, int version) {
  base::Buffer out;
  append_entry(out, entry, {}, compress, version);
  return std::string(out.view());
}

// The entry that a file with these records has.
store::EntryPtr read_back(const std::string& records, int version) {
  base::Buffer out;
  Writer writer(out, {.version = version});
  writer.select(0, 1, 0);
  writer.records(records);
  writer.end();
  Reader reader(out.view());
  while (true) {
    auto record = reader.next();
    if (!record) {
      ADD_FAILURE() << record.error();
      return nullptr;
    }
    if (auto* entry = std::get_if<Entry>(&*record)) return std::move(entry->entry);
    if (std::holds_alternative<End>(*record)) return nullptr;
  }
}

TEST(SlicedEntry, CutsAStreamWithEverythingItHas) {
  store::EntryPtr entry = store::Stream::make("k", 4102444800000);
  store::Stream stream(*entry);
  for (std::uint64_t i = 1; i <= 20000; ++i)
    stream->append({i, 0}, std::vector<std::string_view>{"field", "value", "other", "text"});
  stream->erase({77, 0});
  stream->max_deleted_id = {77, 0};
  for (const char* name : {"empty", "one", "two"}) {
    store::StreamGroup& group =
        stream->groups.try_emplace(name, store::StreamId{9, 0}, 9).first->second;
    if (name == std::string("empty")) continue;
    for (int c = 0; c < 3; ++c) {
      store::StreamConsumer& consumer = group.add_consumer("consumer" + std::to_string(c), 5);
      if (c == 1) continue;  // without anything pending
      for (std::uint64_t i = 1; i <= 4000; ++i)
        group.assign({i * 3 + static_cast<std::uint64_t>(c), 0}, consumer).delivered_ms = 7;
    }
  }
  for (const int version : {9, 10, 11}) {
    SCOPED_TRACE(version);
    const Slices slices = sliced(*entry, true, version);
    EXPECT_EQ(slices.bytes, at_once(*entry, true, version));
    EXPECT_GT(slices.count, 5u);
  }
}

TEST(SlicedEntry, CutsALongStringAndLeavesItAsItIs) {
  const std::string text(3 * slice_bytes + 17, 'x');
  const store::EntryPtr entry = store::Entry::make_raw("k", text, text.size(), store::no_expiry);
  const Slices slices = sliced(*entry, true, written_version);
  EXPECT_EQ(slices.bytes, at_once(*entry, false, written_version));
  EXPECT_GE(slices.count, 3u);
  EXPECT_LE(slices.largest, 2 * slice_bytes);
}

TEST(SlicedEntry, CutsAHashWhoseFieldsEnd) {
  store::EntryPtr entry = store::Hash::make("k", store::no_expiry);
  store::Hash hash(*entry);
  hash.unpack();
  std::map<std::string, std::pair<std::string, std::int64_t>> wanted;
  for (int i = 0; i < 9000; ++i) {
    const std::string field = "field" + std::to_string(i);
    const std::int64_t expiry_ms = i % 3 == 0 ? store::no_expiry : 4102444800000 + i;
    hash.insert(field, std::to_string(i), expiry_ms);
    wanted[field] = {std::to_string(i), expiry_ms};
  }
  const Slices slices = sliced(*entry, false, timed_version);
  EXPECT_GT(slices.count, 3u);
  const store::EntryPtr read = read_back(slices.bytes, timed_version);
  ASSERT_TRUE(read);
  std::map<std::string, std::pair<std::string, std::int64_t>> found;
  std::uint64_t cursor = 0;
  do
    cursor = store::HashView(*read).scan_timed(
        cursor, 100, [&](std::string_view field, std::string_view value, std::int64_t expiry_ms) {
          found[std::string(field)] = {std::string(value), expiry_ms};
        });
  while (cursor != 0);
  EXPECT_EQ(found, wanted);
}

TEST(SlicedEntry, CutsFewElementsThatAreLong) {
  store::EntryPtr hash_entry = store::Hash::make("k", store::no_expiry);
  store::EntryPtr set_entry = store::Set::make("k", store::no_expiry, "x");
  store::EntryPtr sorted_entry = store::SortedSet::make("k", store::no_expiry);
  store::EntryPtr list_entry = store::List::make("k", store::no_expiry);
  constexpr int elements = 1000;
  for (int i = 0; i < elements; ++i) {
    const std::string text = std::to_string(i) + std::string(4000, 'y');
    store::Hash(*hash_entry).set(text, text);
    store::Set(*set_entry).add(text);
    store::SortedSet(*sorted_entry).put(text, i);
    store::List(*list_entry).push(store::ListEnd::back, text);
  }
  for (const store::EntryPtr* entry : {&hash_entry, &set_entry, &sorted_entry, &list_entry}) {
    SCOPED_TRACE(type_name((*entry)->type()));
    const Slices slices = sliced(**entry, false, written_version);
    EXPECT_GT(slices.count, 5u);
    EXPECT_LE(slices.largest, 2 * slice_bytes + 64 * 8100);
    const store::EntryPtr read = read_back(slices.bytes, written_version);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type(), (*entry)->type());
    EXPECT_EQ(at_once(*read, false, written_version).size(),
              at_once(**entry, false, written_version).size());
  }
}

TEST(SlicedEntry, LeavesSmallValuesAlone) {
  EXPECT_FALSE(SlicedEntry::is_large(*store::Entry::make_string("k", "v", store::no_expiry),
                                     written_version));
  EXPECT_FALSE(SlicedEntry::is_large(
      *store::Entry::make_raw("k", std::string(1000, 'x'), 1000, store::no_expiry),
      written_version));
  store::EntryPtr entry = store::Stream::make("k", store::no_expiry);
  store::Stream(*entry)->append({1, 0}, std::vector<std::string_view>{"f", "v"});
  EXPECT_FALSE(SlicedEntry::is_large(*entry, written_version));
}

}  // namespace
}  // namespace duplex::rdb
