// The manifest: Redis's lines in both directions, and every error with its line.
#include "aof/manifest.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::aof {
namespace {

constexpr std::string_view redis_text =
    "file appendonly.aof.2.base.rdb seq 2 type b\n"
    "file appendonly.aof.1.base.rdb seq 1 type h\n"
    "file appendonly.aof.1.incr.aof seq 1 type h\n"
    "file appendonly.aof.2.incr.aof seq 2 type i\n"
    "file appendonly.aof.3.incr.aof seq 3 type i\n";

TEST(Manifest, ReadsAndWritesWhatRedisWrites) {
  const auto manifest = Manifest::parse(redis_text);

  ASSERT_TRUE(manifest) << manifest.error();
  EXPECT_EQ(manifest->base, (ManifestEntry{"appendonly.aof.2.base.rdb", 2}));
  ASSERT_EQ(manifest->increments.size(), 2u);
  EXPECT_EQ(manifest->increments[1], (ManifestEntry{"appendonly.aof.3.incr.aof", 3}));
  EXPECT_EQ(manifest->history.size(), 2u);
  EXPECT_EQ(manifest->format(), redis_text);
}

TEST(Manifest, TakesKeysInAnyOrderWithUnknownOnesAndComments) {
  const auto manifest = Manifest::parse(
      "# written by hand\n"
      "seq 4 TYPE i startoffset 17 file a.4.incr.aof\n");

  ASSERT_TRUE(manifest) << manifest.error();
  EXPECT_EQ(manifest->increments.at(0), (ManifestEntry{"a.4.incr.aof", 4}));
}

TEST(Manifest, QuotesNamesThatNeedIt) {
  const std::string name = "my \"log\" \\ \x01\xff'.aof";
  Manifest manifest;
  manifest.increments = {{name, 1}};

  const auto again = Manifest::parse(manifest.format());

  EXPECT_EQ(manifest.format(), "file \"my \\\"log\\\" \\\\ \\x01\\xff'.aof\" seq 1 type i\n");
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(*again, manifest);
}

TEST(Manifest, SaysInWhichLineTheErrorIs) {
  struct Case {
    std::string_view text, error;
  };
  const Case cases[] = {
      {"", "the manifest names no file"},
      {"# nothing\n", "the manifest names no file"},
      {"file a seq 1 type h\n", "the manifest names no file"},
      {"\n", "line 1: file, seq and type are needed"},
      {"file a seq 1 type b\nfile b seq 1\n", "line 2: file, seq and type are needed"},
      {"file a seq 1 type b", "line 1: the line is not complete"},
      {"file a seq 1 type b\nfile b seq 2 type b\n", "line 2: there is a second base file"},
      {"file a seq 2 type i\nfile b seq 2 type i\n", "line 2: the sequence numbers do not rise"},
      {"file a seq 1 type x\n", "line 1: the type is unknown"},
      {"file a seq 1 type bb\n", "line 1: the type is unknown"},
      {"file a seq one type b\n", "line 1: the sequence number is not a number"},
      {"file a seq -1 type b\n", "line 1: the sequence number is not a number"},
      {"file a seq 0 type b\n", "line 1: file, seq and type are needed"},
      {"file ../a seq 1 type b\n", "line 1: the file must be a name without a path"},
      {"file .. seq 1 type b\n", "line 1: the file must be a name without a path"},
      {"file \"\" seq 1 type b\n", "line 1: the file must be a name without a path"},
      {"file \"a seq 1 type b\n", "line 1: the quotes are not balanced"},
      {"file \"a\"b seq 1 type b\n", "line 1: the quotes are not balanced"},
      {"file a seq 1 type\n", "line 1: a key has no value"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto manifest = Manifest::parse(c.text);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error(), c.error);
  }
  EXPECT_FALSE(Manifest::parse(std::string(manifest_line_bytes_max, 'x') + "\n"));
}

TEST(Manifest, MovesOnToANewBase) {
  Manifest manifest;
  EXPECT_EQ(manifest.next_base("a.aof", BaseForm::rdb), (ManifestEntry{"a.aof.1.base.rdb", 1}));
  EXPECT_EQ(manifest.next_base("a.aof", BaseForm::records), (ManifestEntry{"a.aof.1.base.aof", 1}));
  EXPECT_EQ(manifest.add_increment("a.aof").name, "a.aof.1.incr.aof");
  manifest.install_base(manifest.next_base("a.aof", BaseForm::rdb), 1);
  EXPECT_TRUE(manifest.history.empty());

  EXPECT_EQ(manifest.add_increment("a.aof").sequence, 2u);
  manifest.install_base(manifest.next_base("a.aof", BaseForm::rdb), 2);

  EXPECT_EQ(manifest.format(),
            "file a.aof.2.base.rdb seq 2 type b\n"
            "file a.aof.1.base.rdb seq 1 type h\n"
            "file a.aof.1.incr.aof seq 1 type h\n"
            "file a.aof.2.incr.aof seq 2 type i\n");
}

}  // namespace
}  // namespace duplex::aof
