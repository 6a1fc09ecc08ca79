// Tests of the command line.
#include "bench/load/options.h"

#include <gtest/gtest.h>

namespace duplex::load {
namespace {

TEST(Options, DefaultsToGet) {
  const auto options = parse_options({});

  ASSERT_TRUE(options);
  ASSERT_EQ(options->templates.size(), 1u);
  EXPECT_EQ(options->templates[0].text, "GET key:{key}");
}

TEST(Options, TakesValuesInBothForms) {
  const auto options = parse_options({"--port=7000", "--connections", "500"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->port, 7000);
  EXPECT_EQ(options->connections, 500u);
}

TEST(Options, ReadsWeightedTemplates) {
  const auto options =
      parse_options({"--template", "9:HGET h:{key} f", "--template", "SET a:b {value}"});

  ASSERT_TRUE(options);
  ASSERT_EQ(options->templates.size(), 2u);
  EXPECT_EQ(options->templates[0].text, "HGET h:{key} f");
  EXPECT_EQ(options->templates[0].weight, 9u);
  EXPECT_EQ(options->templates[1].text, "SET a:b {value}");
  EXPECT_EQ(options->templates[1].weight, 1u);
}

TEST(Options, MixesByPercent) {
  const auto options = parse_options({"--command", "mix", "--read-percent", "75"});

  ASSERT_TRUE(options);
  ASSERT_EQ(options->templates.size(), 2u);
  EXPECT_EQ(options->templates[0].weight, 75u);
  EXPECT_EQ(options->templates[1].weight, 25u);
}

TEST(Options, FillsKeysInOrder) {
  const auto options = parse_options({"--fill", "1000"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->mode, Mode::fill);
  EXPECT_EQ(options->distribution, Distribution::sequential);
  EXPECT_EQ(options->requests, 1000u);
}

TEST(Options, ARateMakesAnOpenLoop) {
  const auto options = parse_options({"--rate", "70000.5"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->mode, Mode::open_loop);
  EXPECT_EQ(options->rate, 70000.5);
}

TEST(Options, ZipfTakesItsExponentOnlyWithAnEqualsSign) {
  const auto options = parse_options({"--zipf", "--json", "--zipf=1.2"});

  ASSERT_TRUE(options);
  EXPECT_EQ(options->distribution, Distribution::zipf);
  EXPECT_EQ(options->skew, 1.2);
}

TEST(Options, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(parse_options({"--nonsense", "1"}));
  EXPECT_FALSE(parse_options({"--port"}));
  EXPECT_FALSE(parse_options({"--port", "70000"}));
  EXPECT_FALSE(parse_options({"--pipeline", "0"}));
  EXPECT_FALSE(parse_options({"--rate", "0"}));
  EXPECT_FALSE(parse_options({"--seconds", "nan"}));
  EXPECT_FALSE(parse_options({"--command", "sadd"}));
  EXPECT_FALSE(parse_options({"--protocol", "http"}));
}

}  // namespace
}  // namespace duplex::load
