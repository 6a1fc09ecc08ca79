// Annotation lines: their text, and that nothing but that text is taken for one.
#include "aof/annotation.h"

#include "aof/log_bytes.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <variant>

namespace duplex::aof {
namespace {

std::string_view without_line_end(const std::string& line) {
  return std::string_view(line).substr(0, line.size() - 2);
}

TEST(Annotation, ReadsWhatItWrites) {
  const std::string end = format_annotation(BatchEnd{.end = 120, .bytes = 20, .checksum = 0xabc});
  const std::string start = format_annotation(StreamStart{{test::store_id, 7, 99}});

  EXPECT_EQ(end, "#DX off=120 len=20 sum=0000000000000abc\r\n");
  EXPECT_TRUE(start.starts_with("#DX-START id=" + test::store_id + " epoch=7 off=99 sum="));
  const Annotation parsed_end = parse_annotation(without_line_end(end));
  ASSERT_TRUE(std::holds_alternative<BatchEnd>(parsed_end));
  EXPECT_EQ(std::get<BatchEnd>(parsed_end).bytes, 20u);
  const Annotation parsed_start = parse_annotation(without_line_end(start));
  ASSERT_TRUE(std::holds_alternative<StreamStart>(parsed_start));
  EXPECT_EQ(std::get<StreamStart>(parsed_start).position, (StreamPosition{test::store_id, 7, 99}));
}

TEST(Annotation, StaysBelowTheLineLimitOfRedis) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();

  EXPECT_LE(format_annotation(BatchEnd{most, most, most}).size(), annotation_bytes_max);
  EXPECT_LE(format_annotation(StreamStart{{test::store_id,
                                           std::numeric_limits<std::uint32_t>::max(),
                                           std::numeric_limits<std::int64_t>::max()}})
                .size(),
            annotation_bytes_max);
}

TEST(Annotation, TakesLinesOfOthersForComments) {
  EXPECT_TRUE(std::holds_alternative<Comment>(parse_annotation("#TS:1700000000")));
  EXPECT_TRUE(std::holds_alternative<Comment>(parse_annotation("#")));
}

TEST(Annotation, NoticesEveryFlippedBitOfAStart) {
  const std::string line(without_line_end(test::stream_start(4711)));
  for (std::size_t i = annotation_mark.size(); i < line.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = line;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      SCOPED_TRACE(flipped);
      EXPECT_TRUE(std::holds_alternative<BadAnnotation>(parse_annotation(flipped)));
    }
}

TEST(Annotation, HasOneSpellingOnly) {
  for (const std::string_view line : {"#DX off=1 len=1 sum=abc",
                                      "#DX off=01 len=1 sum=0000000000000abc",
                                      "#DX off=1  len=1 sum=0000000000000abc",
                                      "#DX off=1 len=1 sum=0000000000000ABC",
                                      "#DX off=1 len=1 sum=0000000000000abc ",
                                      "#DX off=1 len=1",
                                      "#DX",
                                      "#DXY"}) {
    SCOPED_TRACE(line);
    EXPECT_TRUE(std::holds_alternative<BadAnnotation>(parse_annotation(line)));
  }
}

}  // namespace
}  // namespace duplex::aof
