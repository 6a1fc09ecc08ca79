// Listpacks: their bytes, and what they answer, against a deque of strings.
#include "store/listpack.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

constexpr std::size_t none = ListpackView::none;

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string get(const ListpackView& pack, std::size_t at) {
  char scratch[base::int64_digits_max];
  return std::string(pack.get(at, scratch));
}

std::deque<std::string> contents(const ListpackView& pack) {
  std::deque<std::string> all;
  for (std::size_t at = pack.first(); at != none; at = pack.next(at))
    all.push_back(get(pack, at));
  return all;
}

Listpack pack_of(const std::vector<std::string>& texts) {
  Listpack pack;
  for (const std::string& text : texts)
    pack.append(text);
  return pack;
}

// Texts at every border between two forms of an element.
std::vector<std::string> border_texts() {
  std::vector<std::string> texts = {
      "", "a", "-", "-0", "+1", "01", "1.0", " 1", "9223372036854775808"};
  for (const std::size_t size : {62, 63, 64, 123, 124, 125, 126, 127, 128, 4093, 4094, 4095, 4096,
                                 16375, 16376, 16380, 16381, 16382, 16383, 70'000})
    texts.push_back(std::string(size, 't'));
  for (const int bits : {7, 12, 15, 23, 31, 62}) {
    const std::int64_t border = std::int64_t{1} << bits;
    for (const std::int64_t off : {-1, 0, 1}) {
      texts.push_back(std::to_string(border + off));
      texts.push_back(std::to_string(-border + off));
    }
  }
  texts.push_back("0");
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::min()));
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::max()));
  return texts;
}

TEST(Listpack, bytes_are_those_of_redis) {
  EXPECT_EQ(hex(Listpack().blob()), "070000000000ff");
  EXPECT_EQ(hex(pack_of({"a", "b", "1"}).blob()), "0f00000003008161028162020101ff");
  EXPECT_EQ(hex(pack_of({"f", "v"}).blob()), "0d0000000200816602817602ff");
  EXPECT_EQ(hex(pack_of({"a", "1", "b", "2.5"}).blob()),
            "140000000400816102010181620283322e3504ff");
}

TEST(Listpack, integers_take_the_least_bytes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"127", "7f01"},          {"128", "c08002"},        {"-1", "dfff02"},
      {"4095", "cfff02"},       {"-4096", "d00002"},      {"4096", "f1001003"},
      {"-4097", "f1ffef03"},    {"32768", "f200800004"},  {"-8388608", "f200008004"},
      {"8388608", "f30000800005"}, {"2147483648", "f4000000800000000009"}};
  for (const auto& [text, element] : cases)
    EXPECT_EQ(hex(pack_of({text}).blob().substr(6)), element + "ff") << text;
}

TEST(Listpack, long_texts_have_longer_heads_and_back_sizes) {
  EXPECT_EQ(hex(pack_of({std::string(64, 'x')}).blob().substr(6, 2)), "e040");
  EXPECT_EQ(hex(pack_of({std::string(4096, 'x')}).blob().substr(6, 5)), "f000100000");
  const Listpack pack = pack_of({std::string(200, 'x')});
  EXPECT_EQ(hex(pack.blob().substr(pack.bytes() - 3)), "01caff") << "202 as 1 and 74";
}

TEST(Listpack, keeps_every_form_of_element) {
  const std::vector<std::string> texts = border_texts();
  const Listpack pack = pack_of(texts);
  EXPECT_TRUE(ListpackView::is_valid(pack.blob()));
  ASSERT_EQ(pack.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    EXPECT_EQ(get(pack, pack.at(index)), texts[i]);
    EXPECT_EQ(pack.at(index - static_cast<std::int64_t>(texts.size())), pack.at(index));
    EXPECT_EQ(pack.find(texts[i], pack.first()), pack.at(index)) << texts[i].substr(0, 30);
    EXPECT_EQ(pack.integer(pack.at(index)).has_value(), base::parse_int64(texts[i]).has_value());
    EXPECT_EQ(pack.item(pack.at(index)).text_size(), texts[i].size());
  }
  std::size_t at = pack.last();
  for (std::size_t i = texts.size(); i-- > 0; at = pack.previous(at))
    EXPECT_EQ(get(pack, at), texts[i]);
  EXPECT_EQ(at, none);
  EXPECT_EQ(pack.at(static_cast<std::int64_t>(texts.size())), none);
  EXPECT_EQ(pack.at(-1 - static_cast<std::int64_t>(texts.size())), none);
}

TEST(Listpack, finds_among_every_second_element) {
  const Listpack pack = pack_of({"a", "b", "b", "1", "1", "a"});
  EXPECT_EQ(pack.find("b", pack.first(), 2), pack.at(2));
  EXPECT_EQ(pack.find("1", pack.first(), 2), pack.at(4));
  EXPECT_EQ(pack.find("a", pack.at(1), 2), pack.at(5));
  EXPECT_EQ(pack.find("a", pack.at(2), 2), none);
  EXPECT_EQ(pack.find("a", none), none);
  EXPECT_EQ(Listpack().find("a", Listpack().first()), none);
}

TEST(Listpack, finds_integers_that_were_written_as_text) {
  // "5" as a text of one byte, which Redis never writes.
  Listpack pack = pack_of({"x"});
  std::string bytes(pack.blob());
  bytes[7] = '5';
  const Listpack odd = Listpack::from_bytes(bytes);
  EXPECT_TRUE(ListpackView::is_valid(bytes));
  EXPECT_EQ(odd.find("5", odd.first()), odd.first());
}

TEST(Listpack, positions_say_what_follows_a_removal) {
  Listpack pack = pack_of({"a", "b", "c", "d"});
  std::size_t at = pack.erase(pack.at(1), 2);
  EXPECT_EQ(get(pack, at), "d");
  EXPECT_EQ(pack.erase(at, 7), none);
  EXPECT_EQ(contents(pack), (std::deque<std::string>{"a"}));
  at = pack.insert_after(pack.first(), "z");
  EXPECT_EQ(get(pack, at), "z");
  at = pack.insert_before(pack.first(), std::int64_t{-70'000});
  EXPECT_EQ(get(pack, at), "-70000");
  pack.clear();
  EXPECT_TRUE(pack.is_empty());
  EXPECT_EQ(pack.first(), none);
  EXPECT_EQ(pack.last(), none);
}

TEST(Listpack, appends_parts_of_another) {
  Listpack pack = pack_of({"a"});
  const Listpack other = pack_of({"b", "12345", "c"});
  pack.append_all(other);
  pack.append_from(other, other.at(1));
  pack.append_all(Listpack());
  EXPECT_EQ(contents(pack), (std::deque<std::string>{"a", "b", "12345", "c", "12345", "c"}));
  EXPECT_EQ(pack.size(), 6u);
  EXPECT_TRUE(ListpackView::is_valid(pack.blob()));
}

TEST(Listpack, counts_what_the_header_does_not_know) {
  Listpack pack;
  for (int i = 0; i < 70'000; ++i)
    pack.append("7");
  EXPECT_EQ(hex(pack.blob().substr(4, 2)), "ffff");
  EXPECT_EQ(pack.size(), 70'000u);
  EXPECT_TRUE(ListpackView::is_valid(pack.blob()));
  EXPECT_EQ(pack.at(69'999), pack.last());
  EXPECT_EQ(pack.at(70'000), none);
  pack.erase(pack.first(), 69'999);
  EXPECT_EQ(pack.size(), 1u);
}

TEST(Listpack, moves_in_and_out_of_a_bare_pointer) {
  Listpack pack = pack_of({"a", "b"});
  void* bare = pack.release();
  EXPECT_EQ(ListpackView(bare).size(), 2u);
  EXPECT_GE(Listpack::memory_bytes(bare), ListpackView(bare).bytes());
  const Listpack twin = Listpack::adopt(Listpack::clone(bare));
  pack = Listpack::adopt(bare);
  pack.append("c");
  EXPECT_EQ(twin.size(), 2u);
  EXPECT_EQ(pack.size(), 3u);
}

TEST(Listpack, gives_memory_back_when_it_shrinks) {
  Listpack pack;
  for (int i = 0; i < 1000; ++i)
    pack.append("some text " + std::to_string(i));
  const std::size_t before = Listpack::memory_bytes(pack.blob().data());
  pack.erase(pack.first(), 900);
  EXPECT_LT(Listpack::memory_bytes(pack.blob().data()), before / 4);
  EXPECT_EQ(get(pack, pack.first()), "some text 900");
}

TEST(ListpackModel, behaves_like_a_deque) {
  base::Random random(20260101);
  const std::vector<std::string> texts = border_texts();
  for (int round = 0; round < 40; ++round) {
    Listpack pack;
    std::deque<std::string> model;
    for (int step = 0; step < 300; ++step) {
      // Few of the texts are large, so that most steps are cheap.
      std::string text = random.below(20) == 0 ? texts[random.below(texts.size())]
                                               : std::to_string(random.next() >> random.below(64));
      if (random.below(2) == 0) text += "t";
      const std::size_t index = model.empty() ? 0 : random.below(model.size());
      const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
      const std::size_t at = pack.at(static_cast<std::int64_t>(index));
      const std::uint64_t act = model.empty() ? random.below(2) : random.below(7);
      if (act == 0) pack.append(text), model.push_back(text);
      if (act == 1) pack.prepend(text), model.push_front(text);
      if (act == 2) pack.insert_before(at, text), model.insert(place, text);
      if (act == 3) pack.insert_after(at, text), model.insert(place + 1, text);
      if (act == 4) pack.replace(at, text), *place = text;
      if (act == 5) pack.erase(at), model.erase(place);
      if (act == 6 && step % 5 == 0) {
        const std::size_t count = std::min<std::size_t>(1 + random.below(5), model.size() - index);
        pack.erase(at, count);
        model.erase(place, place + static_cast<std::ptrdiff_t>(count));
      }
      ASSERT_TRUE(ListpackView::is_valid(pack.blob()));
      ASSERT_EQ(pack.size(), model.size());
    }
    ASSERT_EQ(contents(pack), model);
    // What was made step by step is what Redis would have made at once.
    Listpack fresh;
    for (const std::string& each : model)
      fresh.append(each);
    EXPECT_EQ(fresh.blob(), pack.blob());
  }
}

// Reads everything there is to read; the sanitizers watch.
void walk(std::string_view bytes) {
  const Listpack pack = Listpack::from_bytes(bytes);
  std::deque<std::string> forth = contents(pack);
  EXPECT_EQ(forth.size(), pack.size());
  for (std::size_t at = pack.last(); at != none; at = pack.previous(at)) {
    ASSERT_FALSE(forth.empty());
    EXPECT_EQ(get(pack, at), forth.back());
    forth.pop_back();
  }
  EXPECT_TRUE(forth.empty());
}

TEST(ListpackValidity, every_cut_is_found) {
  const Listpack pack = pack_of({"a", "", "1", "-1", "5000", "100000", "3000000000", "123456789012",
                                 std::string(100, 'x'), std::string(5000, 'y')});
  const std::string_view whole = pack.blob();
  ASSERT_TRUE(ListpackView::is_valid(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(ListpackView::is_valid(std::string(whole.substr(0, size)))) << size;
  EXPECT_FALSE(ListpackView::is_valid(std::string(whole) + '\xff'));
}

TEST(ListpackValidity, a_changed_byte_is_found_or_harmless) {
  const Listpack pack = pack_of({"a", "", "1", "-1", "5000", "100000", "3000000000", "123456789012",
                                 std::string(100, 'x'), std::string(4100, 'y')});
  const std::string whole(pack.blob());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    // The bytes of the long texts are all alike.
    const std::size_t from_end = whole.size() - at;
    if (from_end > 20 && from_end < 4000) continue;
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      if (ListpackView::is_valid(changed)) walk(changed);
    }
  }
}

TEST(ListpackValidity, counts_must_fit) {
  std::string bytes(pack_of({"a", "b"}).blob());
  bytes[4] = 3;
  EXPECT_FALSE(ListpackView::is_valid(bytes));
  bytes[4] = bytes[5] = '\xff';
  EXPECT_TRUE(ListpackView::is_valid(bytes));
  EXPECT_EQ(ListpackView(bytes.data()).size(), 2u);
}

}  // namespace
}  // namespace duplex::store
