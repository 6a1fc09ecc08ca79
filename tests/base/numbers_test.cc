// Numbers at their borders: what is canonical, what overflows, and how each is written.
#include "base/numbers.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "base/random.h"

namespace duplex::base {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

TEST(ParseInt64, ReadsCanonicalIntegers) {
  struct Row {
    std::string_view text;
    std::int64_t value;
  };
  for (const Row& row : {Row{"0", 0},
                         Row{"1", 1},
                         Row{"-1", -1},
                         Row{"10", 10},
                         Row{"-9", -9},
                         Row{"123456789012345678", 123456789012345678},
                         Row{"9223372036854775807", Limits::max()},
                         Row{"-9223372036854775807", -Limits::max()},
                         Row{"-9223372036854775808", Limits::min()}})
    EXPECT_EQ(parse_int64(row.text), row.value) << row.text;
}

TEST(ParseInt64, RefusesEverythingElse) {
  struct Row {
    const char* name;
    std::string_view text;
  };
  for (const Row& row : {Row{"nothing", ""},
                         Row{"only a sign", "-"},
                         Row{"a plus", "+1"},
                         Row{"two signs", "--1"},
                         Row{"a leading zero", "01"},
                         Row{"a leading zero behind the sign", "-01"},
                         Row{"minus zero", "-0"},
                         Row{"a blank in front", " 1"},
                         Row{"a blank behind", "1 "},
                         Row{"a point", "1.0"},
                         Row{"an exponent", "1e3"},
                         Row{"hexadecimal", "0x10"},
                         Row{"a NUL behind", std::string_view("1\0", 2)},
                         Row{"a letter in the middle", "12a4"},
                         Row{"one above the maximum", "9223372036854775808"},
                         Row{"one below the minimum", "-9223372036854775809"},
                         Row{"twenty digits", "10000000000000000000"},
                         Row{"far too long", "111111111111111111111111111"}})
    EXPECT_FALSE(parse_int64(row.text)) << row.name;
}

TEST(ParseUint64, ReadsTheWholeUnsignedRange) {
  EXPECT_EQ(parse_uint64("0"), 0u);
  EXPECT_EQ(parse_uint64("9223372036854775808"), 9223372036854775808u);
  EXPECT_EQ(parse_uint64("18446744073709551615"), 18446744073709551615u);
}

TEST(ParseUint64, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "-", "-1", "-0", "+1", "01", "18446744073709551616", "99999999999999999999", "1 "})
    EXPECT_FALSE(parse_uint64(text)) << text;
}

TEST(WriteInt64, WritesTheBordersOfTheRange) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-7}, std::int64_t{100}, Limits::max(), Limits::min()}) {
    char digits[int64_digits_max];

    const std::size_t size = write_int64(value, digits);

    EXPECT_EQ(std::string_view(digits, size), std::to_string(value));
  }
}

TEST(WriteInt64, ReadsBackOverALongRun) {
  constexpr std::uint64_t seed = 3;
  Random random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(random.next()) >> random.below(64);
    char digits[int64_digits_max];
    const std::size_t size = write_int64(value, digits);
    if (parse_int64({digits, size}) != value) FAIL() << "seed " << seed << " value " << value;
  }
}

TEST(ParseDouble, ReadsWhatStrtodReads) {
  struct Row {
    std::string_view text;
    double value;
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const Row& row : {Row{"0", 0},
                         Row{"-0", 0},
                         Row{"+1.5", 1.5},
                         Row{".5", 0.5},
                         Row{"5.", 5},
                         Row{"007", 7},
                         Row{"3.0e3", 3000},
                         Row{"1E-2", 0.01},
                         Row{"0x10", 16},
                         Row{"inf", infinity},
                         Row{"+INF", infinity},
                         Row{"-Infinity", -infinity},
                         Row{"1.7976931348623157e308", 1.7976931348623157e308},
                         Row{"5e-324", 5e-324}})
    EXPECT_EQ(parse_double(row.text), row.value) << row.text;
}

TEST(ParseDouble, RefusesEverythingElse) {
  struct Row {
    const char* name;
    std::string_view text;
  };
  for (const Row& row : {Row{"nothing", ""},
                         Row{"a blank in front", " 1"},
                         Row{"a blank behind", "1 "},
                         Row{"a line end in front", "\n1"},
                         Row{"a NUL behind", std::string_view("1\0", 2)},
                         Row{"a letter behind", "1x"},
                         Row{"only a point", "."},
                         Row{"only an exponent", "e5"},
                         Row{"not a number", "nan"},
                         Row{"minus not a number", "-nan"},
                         Row{"too large", "1e309"},
                         Row{"too small", "1e-400"}}) {
    EXPECT_FALSE(parse_double(row.text)) << row.name;
  }
}

TEST(ParseDouble, RefusesTextsLongerThanRedisReads) {
  EXPECT_FALSE(parse_double(std::string(6000, '1')));
}

TEST(ParseLongDouble, HasMoreRangeThanADouble) {
  EXPECT_EQ(parse_long_double("1e4000"), 1e4000L);
  EXPECT_EQ(parse_long_double("3.0e3"), 3000.0L);
  for (const std::string_view text : {"", " 1", "1 ", "abc", "nan", "1e5000"})
    EXPECT_FALSE(parse_long_double(text)) << text;
}

TEST(FormatDouble, WritesWhatRedisWrites) {
  struct Row {
    double value;
    std::string_view text;
  };
  for (const Row& row : {Row{0, "0"},
                         Row{-0.0, "-0"},
                         Row{1, "1"},
                         Row{-3, "-3"},
                         Row{3.1, "3.1"},
                         Row{0.1, "0.1"},
                         Row{-0.25, "-0.25"},
                         Row{1e15, "1000000000000000"},
                         Row{1e16, "10000000000000000"},
                         Row{9007199254740993.0, "9007199254740992"},
                         Row{4e18, "4000000000000000000"},
                         Row{1e20, "1e+20"},
                         Row{1.5e300, "1.5e+300"},
                         Row{123456.789, "123456.789"},
                         Row{0.001, "0.001"},
                         Row{0.00001, "0.00001"},
                         Row{0.000001, "0.000001"},
                         Row{1e-7, "1e-7"},
                         Row{1.5e-7, "1.5e-7"},
                         Row{-1e-10, "-1e-10"},
                         Row{5e-324, "5e-324"},
                         Row{std::numeric_limits<double>::infinity(), "inf"},
                         Row{-std::numeric_limits<double>::infinity(), "-inf"},
                         Row{std::numeric_limits<double>::quiet_NaN(), "nan"}})
    EXPECT_EQ(format_double(row.value), row.text);
}

TEST(FormatDouble, ReadsBackAsTheSameValue) {
  constexpr std::uint64_t seed = 4;
  Random random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = std::bit_cast<double>(random.next());
    if (std::isnan(value)) continue;
    const std::string text = format_double(value);
    if (parse_double(text) != value) FAIL() << "seed " << seed << ": " << text;
  }
}

TEST(FormatLongDouble, WritesWhatIncrbyfloatStores) {
  struct Row {
    long double value;
    std::string_view text;
  };
  for (const Row& row : {Row{0, "0"},
                         Row{-0.0L, "0"},
                         Row{10.5L, "10.5"},
                         Row{10.6L, "10.6"},
                         Row{5000, "5000"},
                         Row{100, "100"},
                         Row{-2.5L, "-2.5"},
                         Row{1e-18L, "0"},
                         Row{1e-17L, "0.00000000000000001"},
                         Row{1e20L, "100000000000000000000"},
                         Row{std::numeric_limits<long double>::infinity(), "inf"},
                         Row{-std::numeric_limits<long double>::infinity(), "-inf"}})
    EXPECT_EQ(format_long_double(row.value), row.text);
}

TEST(FormatLongDouble, HasRoomForTheLargestValue) {
  EXPECT_EQ(format_long_double(std::numeric_limits<long double>::max()).size(), 4933u);
}

}  // namespace
}  // namespace duplex::base
