// Files of every version that is read and written, and the forms that only older versions have.
#include "base/buffer.h"
#include "rdb/dump.h"
#include "rdb/reader.h"
#include "rdb/writer.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"
#include "store/stream.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duplex::rdb {
namespace {

struct Found {
  ValueType type = ValueType::string;
  std::string dumped;  // its DUMP payload, which says all there is
};
struct Reading {
  std::map<std::string, Found> entries;
  std::string error;
};

std::string dump_of(const store::Entry& entry) {
  base::Buffer out;
  append_dump(out, entry, false);
  return std::string(out.view());
}

Reading read_all(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  Reader reader(std::string_view(exact.data(), exact.size()));
  Reading reading;
  while (true) {
    const auto record = reader.next();
    if (!record) {
      reading.error = record.error();
      return reading;
    }
    if (std::holds_alternative<End>(*record)) return reading;
    if (const auto* entry = std::get_if<Entry>(&*record))
      reading.entries[std::string(entry->entry->key())] = {entry->type, dump_of(*entry->entry)};
  }
}

// One key of each type, small and large.
std::vector<store::EntryPtr> samples() {
  std::vector<store::EntryPtr> made;
  const auto keep = [&](store::EntryPtr entry) -> store::Entry& {
    made.push_back(std::move(entry));
    return *made.back();
  };
  keep(store::Entry::make_string("string", "text", 4102444800000));
  keep(store::Entry::make_string("number", "-70000", store::no_expiry));
  for (const int count : {3, 3000}) {
    const std::string size = count == 3 ? " small" : " large";
    store::List list(keep(store::List::make("list" + size, store::no_expiry)));
    store::Set set(keep(store::Set::make("set" + size, store::no_expiry, "x", 1)));
    store::Set integers(keep(store::Set::make("integers" + size, store::no_expiry, "1", 1)));
    store::SortedSet sorted(keep(store::SortedSet::make("zset" + size, store::no_expiry)));
    store::Hash hash(keep(store::Hash::make("hash" + size, store::no_expiry)));
    store::Hash timed(keep(store::Hash::make("timed" + size, store::no_expiry)));
    store::Stream stream(keep(store::Stream::make("stream" + size, store::no_expiry)));
    for (int i = 0; i < count; ++i) {
      const std::string text = "item " + std::to_string(i);
      list.push(store::ListEnd::back, text);
      set.add(text);
      integers.add(std::to_string(i * 7));
      sorted.put(text, i / 4.0);
      hash.insert(text, std::to_string(i), store::no_expiry);
      timed.insert(text, "v", i % 2 == 0 ? store::no_expiry : 4102444800000 + i);
      const std::string_view fields[] = {"field", text};
      stream->append({static_cast<std::uint64_t>(i) + 1, 0}, fields);
    }
  }
  return made;
}

std::string file_of(int version, const std::vector<store::EntryPtr>& entries) {
  base::Buffer out;
  Writer writer(out, {.compress = true, .checksum = true, .version = version});
  writer.select(0, entries.size(), 1);
  for (const store::EntryPtr& entry : entries)
    writer.entry(*entry);
  writer.end();
  return std::string(out.view());
}

TEST(RdbVersions, KeepEverythingInEachThatIsWritten) {
  const std::vector<store::EntryPtr> entries = samples();
  for (int version = written_version_min; version <= written_version_max; ++version) {
    SCOPED_TRACE(version);
    const std::string file = file_of(version, entries);
    EXPECT_EQ(file.substr(0, 9),
              "REDIS00" + std::string(version < 10 ? "0" : "") + std::to_string(version));
    const Reading reading = read_all(file);
    ASSERT_EQ(reading.error, "");
    ASSERT_EQ(reading.entries.size(), entries.size());
    for (const store::EntryPtr& entry : entries)
      EXPECT_EQ(read_dump(reading.entries.at(std::string(entry->key())).dumped, "k", 0)
                    .value()
                    ->encoding(),
                entry->encoding())
          << entry->key();
  }
}

TEST(RdbVersions, UseOnlyFormsThatTheVersionHas) {
  const std::vector<store::EntryPtr> entries = samples();
  const auto types = [&](int version) {
    std::vector<int> found;
    Reading reading = read_all(file_of(version, entries));
    for (const std::string_view key : {"list small",
                                       "list large",
                                       "set small",
                                       "set large",
                                       "integers small",
                                       "zset small",
                                       "zset large",
                                       "hash small",
                                       "hash large",
                                       "stream small"})
      found.push_back(static_cast<int>(reading.entries.at(std::string(key)).type));
    return found;
  };
  EXPECT_EQ(types(9), (std::vector<int>{1, 1, 2, 2, 11, 5, 5, 4, 4, 15}));
  EXPECT_EQ(types(10), (std::vector<int>{18, 18, 2, 2, 11, 17, 5, 16, 4, 19}));
  EXPECT_EQ(types(11), (std::vector<int>{18, 18, 20, 2, 11, 17, 5, 16, 4, 21}));
  EXPECT_EQ(types(12), types(11));
}

TEST(RdbVersions, RefuseEveryCutOfEach) {
  std::vector<store::EntryPtr> small;
  for (store::EntryPtr& entry : samples())
    if (!entry->key().ends_with("large")) small.push_back(std::move(entry));
  for (int version = written_version_min; version <= written_version_max; ++version) {
    const std::string file = file_of(version, small);
    for (std::size_t size = 0; size < file.size(); ++size)
      ASSERT_NE(read_all(file.substr(0, size)).error, "") << version << " cut at " << size;
  }
}

// A ziplist of short texts, and of integers from 0 to 12.
std::string ziplist(const std::vector<std::string>& texts) {
  std::string entries;
  std::size_t last = 0;
  std::size_t before = 0;
  for (const std::string& text : texts) {
    last = entries.size();
    entries += static_cast<char>(before);
    if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') {
      entries += static_cast<char>(0xf1 + text[0] - '0');
    } else {
      entries += static_cast<char>(text.size());
      entries += text;
    }
    before = entries.size() - last;
  }
  const auto number = [](std::size_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i)
      out += static_cast<char>(value >> (8 * i));
    return out;
  };
  return number(10 + entries.size() + 1, 4) + number(10 + last, 4) + number(texts.size(), 2) +
         entries + '\xff';
}

// A file of Redis before 7.0 without a checksum, with one key.
std::string old_file(ValueType type, const std::string& value) {
  return "REDIS0004" + std::string("\xfe\x00", 2) + static_cast<char>(type) + "\x01k" + value +
         '\xff';
}
std::string blob(const std::string& bytes) {
  return static_cast<char>(bytes.size()) + bytes;
}

TEST(RdbVersions, ReadTheFormsOfOldOnes) {
  struct Case {
    ValueType type;
    std::string value;
    store::EntryPtr same;
  };
  std::vector<Case> cases;
  const auto add = [&](ValueType type, std::string value, store::EntryPtr same) -> store::Entry& {
    cases.push_back({type, std::move(value), std::move(same)});
    return *cases.back().same;
  };
  store::SortedSet sorted(add(ValueType::zset_ziplist,
                              blob(ziplist({"a", "1", "b", "2.5"})),
                              store::SortedSet::make("k", store::no_expiry)));
  sorted.put("a", 1);
  sorted.put("b", 2.5);
  store::Hash hash(add(ValueType::hash_ziplist,
                       blob(ziplist({"f", "v", "n", "5"})),
                       store::Hash::make("k", store::no_expiry)));
  hash.insert("f", "v", store::no_expiry);
  hash.insert("n", "5", store::no_expiry);
  store::Hash mapped(add(ValueType::hash_zipmap,
                         blob(std::string("\x01\x01"
                                          "f\x01\x00v\xff",
                                          7)),
                         store::Hash::make("k", store::no_expiry)));
  mapped.insert("f", "v", store::no_expiry);
  for (const ValueType type : {ValueType::list_ziplist, ValueType::list_quicklist}) {
    const std::string count = type == ValueType::list_quicklist ? "\x01" : "";
    store::List list(
        add(type, count + blob(ziplist({"x", "7"})), store::List::make("k", store::no_expiry)));
    list.push(store::ListEnd::back, "x");
    list.push(store::ListEnd::back, "7");
  }
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.type));
    const std::string file = old_file(c.type, c.value);
    const Reading reading = read_all(file);
    ASSERT_EQ(reading.error, "");
    EXPECT_EQ(reading.entries.at("k").type, c.type);
    EXPECT_EQ(reading.entries.at("k").dumped, dump_of(*c.same));
    for (std::size_t i = 0; i < c.value.size(); ++i) {
      std::string flipped = c.value;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
      (void)read_all(old_file(c.type, flipped));
      EXPECT_NE(read_all(file.substr(0, file.size() - 1 - i)).error, "");
    }
  }
}

TEST(RdbVersions, RefuseADamagedZiplistOfASortedSet) {
  for (const std::vector<std::string>& members :
       {std::vector<std::string>{"a"}, {"a", "x"}, {"a", "1", "a", "1"}, {"b", "2", "a", "1"}}) {
    const Reading reading = read_all(old_file(ValueType::zset_ziplist, blob(ziplist(members))));
    EXPECT_NE(reading.error.find("key 'k' (sorted set as ziplist): a sorted set has a damaged "
                                 "ziplist"),
              std::string::npos)
        << reading.error;
  }
}

TEST(RdbVersions, NameWhatIsTooNew) {
  const auto error = [](std::string_view header, int type) {
    return read_all(std::string(header) + static_cast<char>(type) + "\x01k").error;
  };
  EXPECT_EQ(read_all("REDIS0013").error,
            "offset 9: RDB version 13 of Redis 8.6 or newer cannot be read, only 1 to 12");
  EXPECT_EQ(read_all("VALKEY081").error,
            "offset 9: RDB version 81 of Valkey 9.2 or newer cannot be read, only 80");
  EXPECT_EQ(error("REDIS0012", 27),
            "offset 12: key 'k' has type 27 (stream of Redis 8.6 or newer), which cannot be read");
  EXPECT_EQ(error("REDIS0012", 28),
            "offset 12: key 'k' has type 28 (array of Redis 8.8 or newer), which cannot be read");
  EXPECT_EQ(error("REDIS0011", 22),
            "offset 12: key 'k' has type 22 (hash with times of fields, which this version does "
            "not have), which cannot be read");
  EXPECT_EQ(error("VALKEY080", 23),
            "offset 12: key 'k' has type 23 (hash of paths of Valkey 9.2), which cannot be read");
  // Numbers that stand for forms with several meanings are no types.
  for (const int type : {24, 25, 238, 239})
    EXPECT_NE(error("VALKEY080", type), "") << type;
  EXPECT_EQ(error("REDIS0012", 238),
            "offset 12: key 'k' has type 238 (unknown), which cannot be read");
  EXPECT_NE(read_all("VALKEY080\xf3").error.find("a slot on its way"), std::string::npos);
}

TEST(RdbVersions, NameTheModuleOfAValue) {
  // "ReJSON-RL" in nine characters of six bits, and version 3 behind them.
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::uint64_t id = 0;
  for (const char c : std::string_view("ReJSON-RL"))
    id = id << 6 | letters.find(c);
  id = id << 10 | 3;
  std::string length = "\x81";
  for (int shift = 56; shift >= 0; shift -= 8)
    length += static_cast<char>(id >> shift);

  EXPECT_EQ(read_all("REDIS0010\x07\x01k" + length).error,
            "offset 12: key 'k' has type 7 (value of module 'ReJSON-RL'), which cannot be read");
  EXPECT_EQ(read_all("REDIS0010\xf7" + length).error,
            "offset 10: code 247: data of the module 'ReJSON-RL', which is not here");
}

}  // namespace
}  // namespace duplex::rdb
