// Streams against a map of their entries: ranges both ways, deletions, trims, and nodes as bytes.
#include "store/stream.h"

#include "base/random.h"
#include "store/packed_limits.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace duplex::store {
namespace {

using Fields = std::vector<std::string>;
using Model = std::map<StreamId, Fields>;

std::vector<std::string_view> views(const Fields& fields) {
  return {fields.begin(), fields.end()};
}

Model read(const StreamData& stream, const StreamRange& range, bool reverse) {
  Model found;
  StreamId last;
  stream.visit(range, reverse, [&](const StreamEntry& entry) {
    EXPECT_TRUE(found.empty() || reverse == (entry.id < last));
    last = entry.id;
    Fields& fields = found[entry.id];
    char scratch[base::int64_digits_max];
    entry.for_each_field([&](const ListpackItem& field, const ListpackItem& value) {
      fields.emplace_back(field.text(scratch));
      fields.emplace_back(value.text(scratch));
    });
    EXPECT_EQ(fields.size(), 2 * entry.field_count);
    return true;
  });
  return found;
}

void expect_equal(const StreamData& stream, const Model& model) {
  ASSERT_EQ(stream.size(), model.size());
  ASSERT_EQ(stream.first_id(), model.empty() ? StreamId{} : model.begin()->first);
  ASSERT_EQ(stream.last_living_id(), model.empty() ? StreamId{} : model.rbegin()->first);
  ASSERT_EQ(read(stream, {}, false), model);
  ASSERT_EQ(read(stream, {}, true), model);
}

Model within(const Model& model, const StreamRange& range) {
  if (range.first > range.last) return {};
  return {model.lower_bound(range.first), model.upper_bound(range.last)};
}

TEST(Stream, behaves_as_a_map_of_its_entries) {
  base::Random random(7);
  StreamData stream;
  Model model;
  StreamId last;
  const auto below = [&](std::uint64_t limit) { return random.below(limit); };
  for (int step = 0; step < 6000; ++step) {
    const std::uint64_t action = below(100);
    if (action < 60) {
      last = below(3) == 0 ? StreamId{last.ms + 1 + below(1000), below(3)}
                           : StreamId{last.ms, last.sequence + 1 + below(200)};
      Fields fields = {"name", std::to_string(below(100000)), "7", std::string(below(80), 'v')};
      if (below(4) == 0) fields = {"own" + std::to_string(below(5)), "x"};
      stream.append(last, views(fields));
      model[last] = fields;
    } else if (action < 90) {
      StreamId id{below(last.ms + 2), below(5)};
      const auto near = model.lower_bound(id);
      if (near != model.end() && below(4) != 0) id = near->first;
      ASSERT_EQ(stream.contains(id), model.contains(id));
      ASSERT_EQ(stream.erase(id), model.erase(id) == 1);
    } else if (action < 93) {
      const StreamId first{below(last.ms + 1), below(300)};
      const StreamRange range{first, {first.ms + below(5000), below(300)}};
      ASSERT_EQ(read(stream, range, false), within(model, range));
      ASSERT_EQ(read(stream, range, true), within(model, range));
    } else if (action < 95) {
      const std::uint64_t length = model.size() - below(model.size() / 4 + 1);
      const std::uint64_t removed =
          stream.trim({.strategy = StreamTrim::Strategy::length, .length = length});
      ASSERT_EQ(removed, model.size() - length);
      while (model.size() > length)
        model.erase(model.begin());
    } else if (action < 96 && !model.empty()) {
      auto end = model.begin();
      std::advance(end, below(model.size() / 4 + 1));
      const StreamId id = end == model.end() ? last : end->first;
      const auto removed = static_cast<std::uint64_t>(std::distance(model.begin(), end));
      ASSERT_EQ(stream.trim({.strategy = StreamTrim::Strategy::id, .id = id}), removed);
      model.erase(model.begin(), end);
    }
    if (step % 100 == 0) expect_equal(stream, model);
  }
  expect_equal(stream, model);
  StreamData* copy = static_cast<StreamData*>(StreamData::clone(&stream));
  expect_equal(*copy, model);
  StreamData::destroy(copy);
}

TEST(Stream, starts_a_node_where_the_limits_say) {
  StreamData stream;
  for (std::uint64_t i = 1; i <= 250; ++i)
    stream.append({i, 0}, std::vector<std::string_view>{"f", "v"});
  EXPECT_EQ(stream.nodes().size(), 3u);
  stream.append({300, 0}, std::vector<std::string_view>{"f", std::string(4096, 'x')});
  EXPECT_EQ(stream.nodes().size(), 4u);
}

TEST(Stream, trims_whole_nodes_only_when_it_need_not_be_exact) {
  StreamData stream;
  for (std::uint64_t i = 1; i <= 250; ++i)
    stream.append({i, 0}, std::vector<std::string_view>{"f", "v"});
  StreamTrim trim{.strategy = StreamTrim::Strategy::length, .approximate = true, .length = 90};
  trim.removed_max = 100;
  EXPECT_EQ(stream.trim(trim), 100u);
  EXPECT_EQ(stream.trim(trim), 0u);
  EXPECT_EQ(stream.size(), 150u);
}

TEST(Stream, takes_nodes_from_bytes_only_if_they_are_whole) {
  StreamData stream;
  for (std::uint64_t i = 1; i <= 5; ++i)
    stream.append({10 * i, i}, std::vector<std::string_view>{"f", "v"});
  stream.append({70, 0}, std::vector<std::string_view>{"other", "v", "and", "another"});
  stream.erase({20, 2});
  const StreamNode& node = stream.nodes().front();
  ASSERT_TRUE(StreamNode::from_bytes(node.id(), node.blob()));
  // Whatever bit of it is wrong, nothing is read outside of it.
  for (std::size_t at = 0; at < node.blob().size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes(node.blob());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      auto changed = StreamNode::from_bytes(node.id(), bytes);
      if (!changed) continue;
      StreamData other;
      ASSERT_TRUE(other.append_node(std::move(*changed)));
      EXPECT_EQ(read(other, {}, false), read(other, {}, true));
    }
  }
}

// XDEL says what it deleted, as its command does.
void erase(StreamData& stream, StreamId id) {
  ASSERT_TRUE(stream.erase(id));
  if (id > stream.max_deleted_id) stream.max_deleted_id = id;
}

TEST(Stream, knows_how_many_entries_a_group_has_still_to_read) {
  StreamData stream;
  StreamGroup group({}, StreamGroup::unknown);
  EXPECT_EQ(stream.lag(group), 0);
  for (std::uint64_t i = 1; i <= 10; ++i)
    stream.append({i, 0}, std::vector<std::string_view>{"f", "v"});
  EXPECT_EQ(stream.lag(group), 10);
  group.last_id = {1, 0};
  EXPECT_EQ(stream.lag(group), 9);
  group.last_id = {4, 0};
  EXPECT_EQ(stream.lag(group), std::nullopt) << "an entry in the middle was not counted";
  group.entries_read = 4;
  EXPECT_EQ(stream.lag(group), 6);
  erase(stream, {3, 0});
  EXPECT_EQ(stream.lag(group), 6) << "deleted before";
  erase(stream, {7, 0});
  EXPECT_EQ(stream.lag(group), std::nullopt) << "deleted behind";
  group.last_id = {10, 0};
  group.entries_read = StreamGroup::unknown;
  EXPECT_EQ(stream.lag(group), 0);
  group.last_id = {99, 0};
  EXPECT_EQ(stream.lag(group), std::nullopt) << "an id of the future";
  stream.trim({.strategy = StreamTrim::Strategy::length, .length = 0});
  group.last_id = {5, 0};
  EXPECT_EQ(stream.lag(group), 0) << "nothing is left to read";
}

TEST(Stream, entries_that_live_are_in_order_whatever_was_deleted) {
  // XSETID may go back behind deleted entries, which are still in their node.
  StreamData stream;
  const std::vector<std::string_view> fields = {"f", "v"};
  stream.append({1, 0}, fields);
  stream.append({9, 0}, fields);
  stream.append({9, 1}, fields);
  erase(stream, {9, 0});
  erase(stream, {9, 1});
  stream.last_id = {1, 0};
  stream.append({2, 0}, fields);
  stream.append({9, 0}, fields);
  const Model all = {{{1, 0}, {"f", "v"}}, {{2, 0}, {"f", "v"}}, {{9, 0}, {"f", "v"}}};
  expect_equal(stream, all);
  EXPECT_EQ(read(stream, {{1, 0}, {3, 0}}, false).size(), 2u);
  EXPECT_EQ(read(stream, {{2, 0}, {3, 0}}, true).size(), 1u);
  const StreamNode& node = stream.nodes().front();
  StreamData copy;
  ASSERT_TRUE(copy.append_node(*StreamNode::from_bytes(node.id(), node.blob())));
  expect_equal(copy, all);
  EXPECT_TRUE(stream.erase({9, 0}));
  EXPECT_EQ(stream.trim({.strategy = StreamTrim::Strategy::id, .id = {2, 0}}), 1u);
  EXPECT_EQ(stream.first_id(), (StreamId{2, 0}));
}

TEST(Stream, leaves_out_nodes_in_which_nothing_lives) {
  StreamData stream;
  stream.append({1, 0}, std::vector<std::string_view>{"f", "v"});
  stream.append({2, 0}, std::vector<std::string_view>{"f", "v"});
  StreamNode node = stream.nodes().front().copy();
  node.mark_deleted(node.first());
  node.mark_deleted(node.last());
  node.count_deleted(2);
  auto read_back = StreamNode::from_bytes(node.id(), node.blob());
  ASSERT_TRUE(read_back);
  StreamData other;
  ASSERT_TRUE(other.append_node(std::move(*read_back)));
  EXPECT_TRUE(other.nodes().empty());
  EXPECT_EQ(other.first_id(), StreamId{});
}

TEST(StreamGroup, gives_an_entry_to_one_consumer_at_a_time) {
  StreamGroup group({}, StreamGroup::unknown);
  StreamConsumer& a = group.add_consumer("a", 1);
  StreamConsumer& b = group.add_consumer("b", 1);
  group.assign({1, 1}, a).deliveries = 1;
  group.assign({1, 2}, a);
  group.assign({1, 1}, b).deliveries += 1;
  EXPECT_EQ(group.find_pending({1, 1})->deliveries, 2u);
  EXPECT_EQ(a.pending.size(), 1u);
  EXPECT_EQ(b.pending.size(), 1u);
  StreamGroup copy(group);
  EXPECT_EQ(copy.find_pending({1, 1})->consumer, copy.find_consumer("b"));
  EXPECT_TRUE(group.acknowledge({1, 1}));
  EXPECT_FALSE(group.acknowledge({1, 1}));
  EXPECT_EQ(group.erase_consumer("a"), 1u);
  EXPECT_TRUE(group.pending().empty());
  EXPECT_EQ(copy.pending().size(), 2u);
}

}  // namespace
}  // namespace duplex::store
