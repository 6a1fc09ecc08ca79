// Lists against a deque of strings, over every limit of their nodes; and when encodings change.
#include "store/list.h"

#include "base/random.h"
#include "store/packed_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::store {
namespace {

std::string text_of(const ListpackItem& item) {
  char scratch[base::int64_digits_max];
  return std::string(item.text(scratch));
}

std::deque<std::string> contents(const ListView& list) {
  std::deque<std::string> all;
  list.visit(0, [&](const ListpackItem& item) {
    all.push_back(text_of(item));
    return true;
  });
  return all;
}

class ListTest : public ::testing::Test {
 protected:
  ~ListTest() override {
    packed_limits().list_size = -2;
    packed_limits().list_compress_depth = 0;
  }

  List list() { return List(*entry_); }
  Encoding encoding() const { return entry_->encoding(); }

  // Nodes hold what they say, and none is empty.
  void check_nodes() {
    const ListView view(*entry_);
    std::size_t elements = 0;
    for (std::size_t i = 0; i < view.node_count(); ++i) {
      const ListNode node = view.node(i);
      elements += node.count;
      if (node.is_plain) {
        ASSERT_EQ(node.count, 1u);
        continue;
      }
      ASSERT_EQ(node.pack().size(), node.count);
      ASSERT_TRUE(ListpackView::is_valid(node.pack().blob()));
      ASSERT_TRUE(node.count > 0 || encoding() == Encoding::listpack);
    }
    ASSERT_EQ(elements, view.size());
  }

  EntryPtr entry_ = List::make("key", no_expiry);
};

TEST_F(ListTest, starts_as_an_empty_listpack) {
  EXPECT_EQ(encoding(), Encoding::listpack);
  EXPECT_TRUE(list().is_empty());
  EXPECT_EQ(list().size(), 0u);
  EXPECT_EQ(contents(list()), std::deque<std::string>());
}

TEST_F(ListTest, grows_into_a_quicklist_and_back_at_half) {
  const std::string text(1000, 't');
  for (int i = 0; i < 8; ++i)
    list().push(ListEnd::back, text);
  EXPECT_EQ(encoding(), Encoding::listpack);
  list().push(ListEnd::front, text);
  EXPECT_EQ(encoding(), Encoding::quicklist);
  EXPECT_EQ(list().node_count(), 2u);
  list().drop(ListEnd::front, 1);
  EXPECT_EQ(list().node_count(), 1u);
  list().drop(ListEnd::back, 3);
  EXPECT_EQ(encoding(), Encoding::quicklist) << "5 KB are more than half";
  list().drop(ListEnd::back, 1);
  EXPECT_EQ(encoding(), Encoding::listpack);
  EXPECT_EQ(list().size(), 4u);
}

TEST_F(ListTest, keeps_large_texts_in_nodes_of_their_own) {
  const std::string large(9000, 'l');
  list().push(ListEnd::back, large);
  EXPECT_EQ(encoding(), Encoding::quicklist);
  list().push(ListEnd::back, "small");
  list().push(ListEnd::back, large);
  EXPECT_EQ(list().node_count(), 3u);
  EXPECT_TRUE(list().node(0).is_plain);
  EXPECT_FALSE(list().node(1).is_plain);
  EXPECT_EQ(text_of(list().end_item(ListEnd::back)), large);
  list().replace(2, "1");
  EXPECT_EQ(contents(list()), (std::deque<std::string>{large, "small", "1"}));
  EXPECT_EQ(list().remove(large, 5, ListEnd::back), 1u);
  check_nodes();
}

TEST_F(ListTest, splits_and_joins_around_what_is_put_in) {
  packed_limits().list_size = 4;
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g", "h"})
    list().push(ListEnd::back, text);
  ASSERT_EQ(list().node_count(), 2u);
  EXPECT_TRUE(list().insert("b", true, "x"));
  EXPECT_EQ(contents(list()),
            (std::deque<std::string>{"a", "b", "x", "c", "d", "e", "f", "g", "h"}));
  EXPECT_EQ(list().node_count(), 3u);
  EXPECT_FALSE(list().insert("nowhere", true, "x"));
  check_nodes();
}

TEST_F(ListTest, removes_from_either_end) {
  for (const char* text : {"a", "1", "b", "1", "c", "1"})
    list().push(ListEnd::back, text);
  EXPECT_EQ(list().remove("1", 2, ListEnd::back), 2u);
  EXPECT_EQ(contents(list()), (std::deque<std::string>{"a", "1", "b", "c"}));
  EXPECT_EQ(list().remove("2", 2, ListEnd::front), 0u);
  EXPECT_EQ(list().remove("1", 2, ListEnd::front), 1u);
}

TEST_F(ListTest, visits_backwards_from_any_index) {
  packed_limits().list_size = 2;
  for (int i = 0; i < 9; ++i)
    list().push(ListEnd::back, std::to_string(i));
  std::string seen;
  list().visit_back(6, [&](const ListpackItem& item) {
    seen += text_of(item);
    return seen.size() < 5;
  });
  EXPECT_EQ(seen, "65432");
}

TEST_F(ListTest, copies_share_nothing) {
  packed_limits().list_size = 2;
  for (const char* text : {"a", "b", "c"})
    list().push(ListEnd::back, text);
  const EntryPtr twin = entry_->copy("twin");
  list().drop(ListEnd::front, 3);
  EXPECT_EQ(contents(ListView(*twin)), (std::deque<std::string>{"a", "b", "c"}));
  EXPECT_GT(twin->memory_bytes(), 0u);
  EXPECT_FALSE(twin->is_heavy());
}

TEST_F(ListTest, parts_from_a_file_settle_into_an_encoding) {
  Listpack pack;
  pack.append("a");
  list().append_node(ListNode::packed(std::move(pack)));
  EXPECT_EQ(encoding(), Encoding::quicklist);
  list().settle();
  EXPECT_EQ(encoding(), Encoding::listpack);
  list().append_node(ListNode::plain("b"));
  list().settle();
  EXPECT_EQ(encoding(), Encoding::quicklist);
  EXPECT_EQ(contents(list()), (std::deque<std::string>{"a", "b"}));
}

TEST_F(ListTest, compresses_all_but_the_ends) {
  packed_limits().list_size = 4;
  const std::string text(500, 't');
  const auto fill = [&] {
    entry_ = List::make("key", no_expiry);
    for (int i = 0; i < 200; ++i)
      list().push(ListEnd::back, text + std::to_string(i));
    return entry_->memory_bytes();
  };
  const std::size_t plain_bytes = fill();
  packed_limits().list_compress_depth = 1;
  EXPECT_LT(fill(), plain_bytes / 4);
  EXPECT_EQ(text_of(list().at(100)), text + "100");
  EXPECT_LT(entry_->memory_bytes(), plain_bytes / 4) << "reading keeps it compressed";
  list().replace(100, "changed");
  EXPECT_EQ(text_of(list().at(100)), "changed");
  EXPECT_LT(entry_->memory_bytes(), plain_bytes / 4) << "so does a change";
  const EntryPtr twin = entry_->copy("twin");
  EXPECT_LT(twin->memory_bytes(), plain_bytes / 4);
  EXPECT_EQ(contents(ListView(*twin)), contents(list()));
  list().keep(90, 6);
  EXPECT_EQ(contents(list()).front(), text + "90");
}

TEST_F(ListTest, compresses_what_comes_from_a_file) {
  packed_limits().list_compress_depth = 1;
  for (int i = 0; i < 20; ++i)
    list().append_node(ListNode::plain(std::string(10'000, 'p')));
  list().settle();
  EXPECT_LT(entry_->memory_bytes(), 40'000u);
  EXPECT_EQ(contents(list()), std::deque<std::string>(20, std::string(10'000, 'p')));
}

TEST_F(ListTest, nodes_that_resist_compression_stay_as_they_are) {
  packed_limits().list_compress_depth = 1;
  packed_limits().list_size = -1;
  base::Random random(1);
  std::deque<std::string> model;
  for (int i = 0; i < 300; ++i) {
    std::string noise(100, ' ');
    for (char& c : noise)
      c = static_cast<char>(random.below(256));
    list().push(ListEnd::front, noise);
    model.push_front(noise);
  }
  EXPECT_EQ(contents(list()), model);
}

// The setting, and how many steps make lists of many nodes.
class ListModel : public ListTest, public ::testing::WithParamInterface<int> {};

TEST_P(ListModel, behaves_like_a_deque) {
  packed_limits().list_size = GetParam();
  base::Random random(static_cast<std::uint64_t>(GetParam() + 100));
  const auto some_text = [&] {
    const std::uint64_t kind = random.below(40);
    if (kind == 0) return std::string(3000 + random.below(70'000), 'l');
    if (kind < 10) return std::string(random.below(900), 'm');
    return std::to_string(random.below(30));
  };
  for (int round = 0; round < 6; ++round) {
    entry_ = List::make("key", no_expiry);
    packed_limits().list_compress_depth = round % 3;
    std::deque<std::string> model;
    for (int step = 0; step < 700; ++step) {
      const std::string text = some_text();
      const ListEnd end = random.below(2) == 0 ? ListEnd::front : ListEnd::back;
      const std::size_t index = model.empty() ? 0 : random.below(model.size());
      const auto place = [&](std::size_t at) {
        return model.begin() + static_cast<std::ptrdiff_t>(at);
      };
      const std::uint64_t act = model.empty() ? 0 : random.below(round < 3 ? 9 : 16);
      if (act <= 2 || act >= 9) {
        list().push(end, text);
        model.insert(place(end == ListEnd::front ? 0 : model.size()), text);
      } else if (act == 3) {
        const std::size_t count = random.below(std::min<std::size_t>(model.size(), 5) + 1);
        list().drop(end, count);
        const std::size_t first = end == ListEnd::front ? 0 : model.size() - count;
        model.erase(place(first), place(first + count));
      } else if (act == 4 || act == 5) {
        const std::string pivot = model[index];
        const auto found = std::find(model.begin(), model.end(), pivot);
        ASSERT_TRUE(list().insert(pivot, end == ListEnd::back, text));
        model.insert(end == ListEnd::back ? found + 1 : found, text);
      } else if (act == 6) {
        list().replace(index, text);
        model[index] = text;
      } else if (act == 7) {
        const std::size_t limit = 1 + random.below(4);
        std::size_t removed = 0;
        for (std::size_t i = 0; i < model.size() && removed < limit;) {
          const std::size_t at = end == ListEnd::front ? i : model.size() - 1 - i;
          if (model[at] == text)
            model.erase(place(at)), ++removed;
          else
            ++i;
        }
        ASSERT_EQ(list().remove(text, limit, end), removed);
      } else if (step % 50 == 0) {
        packed_limits().list_compress_depth = static_cast<std::int64_t>(random.below(4));
        const std::size_t count = random.below(model.size() - index + 1);
        list().keep(index, count);
        model.erase(place(index + count), model.end());
        model.erase(model.begin(), place(index));
      }
      ASSERT_EQ(list().size(), model.size());
      if (!model.empty()) {
        const std::size_t probe = random.below(model.size());
        ASSERT_EQ(text_of(list().at(probe)), model[probe]);
        ASSERT_EQ(text_of(list().end_item(end)),
                  end == ListEnd::front ? model.front() : model.back());
      }
      check_nodes();
    }
    ASSERT_EQ(contents(list()), model);
    ASSERT_EQ(contents(ListView(*entry_->copy("twin"))), model);
  }
}

INSTANTIATE_TEST_SUITE_P(ListSize, ListModel, ::testing::Values(-5, -2, -1, 0, 1, 3, 128));

}  // namespace
}  // namespace duplex::store
