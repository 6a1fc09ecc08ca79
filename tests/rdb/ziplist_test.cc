// Ziplists: every kind of entry, and bytes that are none.
#include "rdb/ziplist.h"

#include "base/numbers.h"
#include "rdb/hex.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::rdb {
namespace {

using test::from_hex;

// Heads and texts in hexadecimal, put into a ziplist.
std::string ziplist_of(const std::vector<std::string>& values) {
  const auto number = [](std::size_t value, std::size_t bytes) {
    return std::string(reinterpret_cast<const char*>(&value), bytes);
  };
  std::string entries;
  std::size_t before = 0;
  std::size_t last = 0;
  for (const std::string& value : values) {
    last = entries.size();
    entries += before < 254 ? number(before, 1) : "\xfe" + number(before, 4);
    entries += from_hex(value);
    before = entries.size() - last;
  }
  return number(entries.size() + 11, 4) + number(last + 10, 4) + number(values.size(), 2) +
         entries + "\xff";
}

std::vector<std::string> contents(const store::ListpackView& pack) {
  std::vector<std::string> all;
  for (std::size_t at = pack.first(); at != pack.none; at = pack.next(at)) {
    char scratch[base::int64_digits_max];
    all.emplace_back(pack.get(at, scratch));
  }
  return all;
}

std::string repeated(std::string_view hex, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += hex;
  return all;
}

const std::vector<std::string> every_kind = {
    "0161",         "00",         "412c" + repeated("78", 300), "8000000002" "6162",
    "fe80",         "c00080",     "f0000080",                   "d000000080",
    "e00000000000000080", "f1",   "fd"};

TEST(Ziplist, has_every_kind_of_entry) {
  const auto pack = listpack_from_ziplist(ziplist_of(every_kind));
  ASSERT_TRUE(pack);
  EXPECT_EQ(contents(*pack),
            (std::vector<std::string>{"a", "", std::string(300, 'x'), "ab", "-128", "-32768",
                                      "-8388608", "-2147483648", "-9223372036854775808", "0",
                                      "12"}));
}

TEST(Ziplist, may_be_empty) {
  const auto pack = listpack_from_ziplist(from_hex("0b0000000a0000000000ff"));
  ASSERT_TRUE(pack);
  EXPECT_TRUE(pack->is_empty());
}

TEST(Ziplist, every_cut_is_found_and_no_change_does_harm) {
  const std::string whole = ziplist_of(every_kind);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(listpack_from_ziplist(std::string(whole.substr(0, size)))) << size;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; byte += at > 40 && at < 300 ? 51 : 1) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      const auto pack = listpack_from_ziplist(changed);
      EXPECT_TRUE(!pack || store::ListpackView::is_valid(pack->blob()));
    }
  }
}

}  // namespace
}  // namespace duplex::rdb
