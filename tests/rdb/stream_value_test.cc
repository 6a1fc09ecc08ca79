// Streams as RDB values: redis-server's bytes, the older and newer forms, and bytes that are no
// stream.
#include "base/buffer.h"
#include "base/numbers.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "rdb/value.h"
#include "store/stream.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::rdb {
namespace {

using store::Stream;
using store::StreamConsumer;
using store::StreamGroup;
using store::StreamId;
using store::StreamView;
using test::from_hex;
using test::to_hex;

Decoded<store::EntryPtr> read(ValueType type, std::string_view bytes) {
  Decoder decoder(bytes);
  return read_value(decoder, type, "k", store::no_expiry);
}

std::string value_of(const store::Entry& entry, bool compress = false) {
  base::Buffer out;
  append_value(out, entry, written_type(entry, written_version), compress);
  return std::string(out.view());
}

void add(const store::EntryPtr& entry, StreamId id, std::vector<std::string_view> fields) {
  Stream(*entry)->append(id, fields);
}

std::string contents(const store::Entry& entry) {
  std::string all;
  StreamView(entry)->visit({}, false, [&](const store::StreamEntry& item) {
    all += std::to_string(item.id.ms) + "-" + std::to_string(item.id.sequence) + ":";
    char scratch[base::int64_digits_max];
    item.for_each_field([&](const store::ListpackItem& field, const store::ListpackItem& value) {
      all += std::string(field.text(scratch)) + "=";
      all += std::string(value.text(scratch)) + " ";
    });
    return true;
  });
  return all;
}

// Two nodes, deleted entries, and two groups of which one has consumers.
store::EntryPtr rich_stream() {
  store::EntryPtr entry = Stream::make("k", store::no_expiry);
  for (std::uint64_t i = 1; i <= 120; ++i)
    add(entry, {i, 7}, {"field", std::to_string(i), "other", "text"});
  add(entry, {200, 0}, {"f", "v"});
  const Stream stream(*entry);
  stream->erase({3, 7});
  stream->max_deleted_id = {3, 7};
  StreamGroup& group =
      stream->groups.try_emplace("readers", StreamId{90, 7}, StreamGroup::unknown).first->second;
  StreamConsumer& consumer = group.add_consumer("alice", 1'700'000'000'000);
  group.assign({1, 7}, consumer).delivered_ms = 1'700'000'000'001;
  group.assign({3, 7}, consumer).deliveries = 70'000;
  group.add_consumer("bob", 5);
  stream->groups.try_emplace("others", StreamId{}, 0);
  return entry;
}

TEST(StreamValue, writes_and_reads_the_bytes_of_redis) {
  // Made by redis-server 7.0.15: XADD k 1-1 f v, 2-1 f w, XDEL k 1-1, DUMP k.
  constexpr std::string_view payload =
      "1301100000000000000001000000000000000128280000000f000101010101018166020001030100010001817602"
      "04"
      "010201010100018177020401ff0102010201010102000a009669f6033d24ae36";
  const store::EntryPtr made = Stream::make("k", store::no_expiry);
  add(made, {1, 1}, {"f", "v"});
  add(made, {2, 1}, {"f", "w"});
  Stream(*made)->erase({1, 1});
  Stream(*made)->max_deleted_id = {1, 1};
  base::Buffer out;
  append_dump(out, *made, true);
  EXPECT_EQ(to_hex(out.view()), payload);
  const auto read_back = read_dump(from_hex(std::string(payload)), "k", store::no_expiry);
  ASSERT_TRUE(read_back);
  EXPECT_EQ(contents(**read_back), "2-1:f=w ");
}

TEST(StreamValue, keeps_groups_and_what_they_have_pending) {
  const store::EntryPtr made = rich_stream();
  for (const bool compress : {false, true}) {
    const auto read_back = read(ValueType::stream_listpacks_2, value_of(*made, compress));
    ASSERT_TRUE(read_back) << read_back.error();
    EXPECT_EQ(contents(**read_back), contents(*made));
    EXPECT_EQ(value_of(**read_back), value_of(*made));
    const Stream stream(**read_back);
    EXPECT_EQ(stream->size(), 120u);
    EXPECT_EQ(stream->entries_added, 121u);
    EXPECT_EQ(stream->max_deleted_id, (StreamId{3, 7}));
    StreamGroup& group = stream->groups.find("readers")->second;
    EXPECT_EQ(group.last_id, (StreamId{90, 7}));
    EXPECT_EQ(group.entries_read, StreamGroup::unknown);
    EXPECT_EQ(group.find_pending({1, 7})->delivered_ms, 1'700'000'000'001);
    EXPECT_EQ(group.find_pending({3, 7})->deliveries, 70'000u);
    EXPECT_EQ(group.find_consumer("alice")->pending.size(), 2u);
    EXPECT_EQ(group.find_consumer("alice")->seen_ms, 1'700'000'000'000);
    EXPECT_TRUE(group.find_consumer("bob")->pending.empty());
    EXPECT_EQ(stream->groups.find("others")->second.entries_read, 0);
  }
}

TEST(StreamValue, an_empty_stream_is_a_value) {
  const store::EntryPtr made = Stream::make("k", store::no_expiry);
  add(made, {5, 5}, {"f", "v"});
  Stream(*made)->erase({5, 5});
  const auto read_back = read(ValueType::stream_listpacks_2, value_of(*made));
  ASSERT_TRUE(read_back) << read_back.error();
  ASSERT_NE(*read_back, nullptr);
  EXPECT_EQ(StreamView(**read_back)->last_id, (StreamId{5, 5}));
}

// A stream with the entry 1-1 and the group g, whose consumer c has that pending.
const std::string node =
    "011000000000000000010000000000000001"
    "1d1d0000000a00010100010101816602"
    "00010201000100018176020401ff";
const std::string pending_id = "00000000000000010000000000000001";
const std::string time_bytes = "a085510ba2010000";

TEST(StreamValue, reads_the_first_form) {
  const auto stream = read(ValueType::stream_listpacks,
                           from_hex(node +
                                    "01"
                                    "0101"
                                    "01"
                                    "0167"
                                    "0101"
                                    "01" +
                                    pending_id + time_bytes + "03" +
                                    "01"
                                    "0163" +
                                    time_bytes + "01" + pending_id));
  ASSERT_TRUE(stream) << stream.error();
  EXPECT_EQ(contents(**stream), "1-1:f=v ");
  EXPECT_EQ(Stream(**stream)->entries_added, 1u);
  StreamGroup& group = Stream(**stream)->groups.find("g")->second;
  EXPECT_EQ(group.entries_read, StreamGroup::unknown);
  EXPECT_EQ(group.find_pending({1, 1})->deliveries, 3u);
  const StreamConsumer& consumer = *group.find_consumer("c");
  EXPECT_EQ(consumer.active_ms, consumer.seen_ms);
}

TEST(StreamValue, reads_the_third_form) {
  const auto stream = read(ValueType::stream_listpacks_3,
                           from_hex(node +
                                    "01"
                                    "0101"
                                    "0101"
                                    "0000"
                                    "01"
                                    "01"
                                    "0167"
                                    "0101"
                                    "01"
                                    "00"
                                    "01"
                                    "0163" +
                                    time_bytes +
                                    "ffffffffffffffff"
                                    "00"));
  ASSERT_TRUE(stream) << stream.error();
  const StreamGroup& group = Stream(**stream)->groups.find("g")->second;
  EXPECT_EQ(group.consumers().find("c")->second.active_ms, StreamConsumer::never);
}

TEST(StreamValue, refuses_what_contradicts_itself) {
  const std::string head = node +
                           "01"
                           "0101"
                           "0101"
                           "0000"
                           "01"
                           "01"
                           "0167"
                           "0101"
                           "01";
  const std::string one = "01" + pending_id + time_bytes + "03";
  const std::string owner = "0163" + time_bytes + "01" + pending_id;
  const auto error_of = [&](const std::string& hex) {
    const auto stream = read(ValueType::stream_listpacks_2, from_hex(hex));
    return stream ? std::string("none") : std::string(stream.error());
  };
  EXPECT_EQ(error_of(head + one + "01" + owner), "none");
  EXPECT_EQ(error_of(head + one + "00"), "a group has an entry pending for no consumer");
  EXPECT_EQ(error_of(head + "00" + "01" + owner),
            "a consumer has an entry pending that its group has not");
  EXPECT_EQ(error_of(head + one + "02" + owner + "0164" + owner.substr(4)),
            "a consumer has an entry pending that its group has not");
  EXPECT_EQ(error_of(head + one + "02" + owner + owner), "a group has a consumer twice");
  EXPECT_EQ(error_of(head + "02" + one.substr(2) + one.substr(2) + "01" + owner),
            "a group has an entry pending twice");
  const std::string counters =
      "01"
      "0101"
      "0101"
      "0000"
      "01";
  EXPECT_EQ(error_of(node + counters +
                     "02"
                     "016701010100"
                     "00"
                     "016701010100"
                     "00"),
            "a stream has a group twice");
  EXPECT_EQ(error_of(node + "02"
                            "0101"
                            "0101"
                            "0000"
                            "01"
                            "00"),
            "a stream has not the length it claims");
  EXPECT_EQ(error_of(node + "01"
                            "0100"
                            "0101"
                            "0000"
                            "01"
                            "00"),
            "a stream has an entry behind its last id");
  EXPECT_EQ(error_of("02" + node.substr(2) + node.substr(2) +
                     "02"
                     "0101"
                     "0101"
                     "0000"
                     "01"
                     "00"),
            "the ids of a stream do not ascend");
  EXPECT_EQ(error_of("01"
                     "00" +
                     node.substr(36)),
            "a stream has a node without an id");
  // Counts that the bytes cannot hold are not believed.
  const std::string huge = "81ffffffffffffffff";
  EXPECT_NE(error_of(huge + node.substr(2)), "none");
  EXPECT_NE(error_of(node + counters + huge), "none");
  EXPECT_NE(error_of(head + huge + one.substr(2)), "none");
  EXPECT_NE(error_of(head + one + huge + owner), "none");
}

TEST(StreamValue, refuses_what_is_not_whole) {
  const std::string whole = value_of(*rich_stream());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read(ValueType::stream_listpacks_2, std::string_view(whole).substr(0, size)))
        << size;
}

TEST(StreamValue, a_wrong_bit_is_an_error_or_another_stream) {
  const store::EntryPtr made = Stream::make("k", store::no_expiry);
  add(made, {1, 1}, {"f", "v"});
  add(made, {1, 2}, {"f", "w"});
  add(made, {9, 0}, {"own", "x", "more", "17"});
  StreamGroup& group =
      Stream(*made)->groups.try_emplace("g", StreamId{1, 2}, std::int64_t{2}).first->second;
  group.assign({1, 1}, group.add_consumer("c", 1)).delivered_ms = 2;
  const std::string whole = value_of(*made);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      const auto changed = read(ValueType::stream_listpacks_2, bytes);
      if (!changed) continue;
      // What is read can be walked, and changed like any other.
      contents(**changed);
      const Stream stream(**changed);
      stream->erase(stream->first_id());
      stream->trim({.strategy = store::StreamTrim::Strategy::length, .length = 1});
      if (stream->last_id < StreamId::highest()) add(*changed, stream->last_id.next(), {"f", "v"});
      EXPECT_TRUE(read(ValueType::stream_listpacks_2, value_of(**changed)));
    }
  }
}

}  // namespace
}  // namespace duplex::rdb
