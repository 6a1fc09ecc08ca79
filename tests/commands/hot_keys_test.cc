// HOTKEYS: the busiest keys and shards.
#include "commands/hot_keys.h"

#include "commands/top_keys.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

using commands::TopKeys;
using HotKeysTest = CommandFixture;

std::map<std::string, std::uint64_t> weights_of(const TopKeys& keys) {
  std::map<std::string, std::uint64_t> weights;
  for (const TopKeys::Entry* entry : keys.entries())
    weights[entry->key] = entry->weight;
  return weights;
}

TEST(TopKeys, CountsExactlyWhileThereIsRoom) {
  TopKeys keys(3);
  keys.add("a", 5);
  keys.add("b", 1);
  keys.add("a", 2);
  keys.add("c", 9);
  EXPECT_EQ(weights_of(keys), (std::map<std::string, std::uint64_t>{{"a", 7}, {"b", 1}, {"c", 9}}));
}

TEST(TopKeys, TheLightestGivesItsPlaceAndItsWeight) {
  TopKeys keys(2);
  keys.add("a", 5);
  keys.add("b", 2);
  keys.add("c", 1);
  EXPECT_EQ(weights_of(keys), (std::map<std::string, std::uint64_t>{{"a", 5}, {"c", 3}}));
}

TEST(TopKeys, KeepsEveryHeavyKeyOfALongStream) {
  constexpr std::size_t capacity = 50;
  TopKeys keys(capacity);
  std::map<std::string, std::uint64_t> truth;
  std::mt19937 random(7);
  std::uint64_t total = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool is_heavy = random() % 3 == 0;
    const std::string key =
        (is_heavy ? "heavy" : "light") + std::to_string(random() % (is_heavy ? 5 : 5000));
    const std::uint64_t weight = random() % 4;
    keys.add(key, weight);
    truth[key] += weight;
    total += weight;
  }
  const auto kept = weights_of(keys);
  EXPECT_EQ(kept.size(), capacity);
  for (const auto& [key, weight] : truth) {
    if (weight <= total / capacity) continue;
    ASSERT_TRUE(kept.contains(key)) << key;
    EXPECT_GE(kept.at(key), weight);
    EXPECT_LE(kept.at(key), weight + total / capacity);
  }
}

TEST_F(HotKeysTest, StartSaysWhatItMisses) {
  play({{"HOTKEYS START", "-ERR METRICS parameter is required"},
        {"HOTKEYS START METRICS 0 CPU", "-ERR METRICS count must be > 0 and <= 2"},
        {"HOTKEYS START METRICS 3 CPU", "-ERR METRICS count must be > 0 and <= 2"},
        {"HOTKEYS START METRICS 2 CPU",
         "-ERR METRICS count does not match number of metric types provided"},
        {"HOTKEYS START METRICS 1 RAM", "-ERR METRICS no valid metrics passed. Supported: CPU|NET"},
        {"HOTKEYS START METRICS 2 CPU CPU", "-ERR METRICS CPU defined more than once!"},
        {"HOTKEYS START METRICS 2 NET NET", "-ERR METRICS NET defined more than once!"},
        {"HOTKEYS START METRICS 1 CPU COUNT 65", "-ERR COUNT must be between 1 and 64"},
        {"HOTKEYS START METRICS 1 CPU DURATION 0", "-ERR DURATION must be between 1 and 1000000"},
        {"HOTKEYS START METRICS 1 CPU SAMPLE 0", "-ERR SAMPLE ratio must be positive"},
        {"HOTKEYS START METRICS 1 CPU SLOTS 0", "-ERR SLOTS count must be between 1 and 16384"},
        {"HOTKEYS START METRICS 1 CPU SLOTS 2 1", "-ERR not enough slot numbers provided"},
        {"HOTKEYS START METRICS 1 CPU SLOTS 1 16384", "-ERR Invalid or out of range slot"},
        {"HOTKEYS START METRICS 1 CPU SLOTS 2 1 1", "-ERR duplicate slot number"},
        {"HOTKEYS START METRICS 1 CPU COUNT", "-ERR syntax error"},
        {"HOTKEYS START METRICS 1 CPU NOSUCH 1", "-ERR syntax error"},
        {"HOTKEYS GET", "nil"},
        {"HOTKEYS STOP", "nil"},
        {"HOTKEYS RESET", "+OK"}});
}

TEST_F(HotKeysTest, RanksKeysByAccesses) {
  EXPECT_EQ(run("HOTKEYS START METRICS 2 CPU NET COUNT 2"), "+OK");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU"), "-ERR hotkey tracking session already in progress");
  EXPECT_EQ(run("HOTKEYS RESET"), "-ERR hotkey tracking session in progress, stop tracking first");
  for (int i = 0; i < 5; ++i)
    run("GET often");
  run("MGET rarely often");
  run("SET once v");
  run("PING");
  EXPECT_EQ(run("HOTKEYS STOP"), "+OK");
  run("GET late");
  const std::string reply = run("HOTKEYS GET");
  EXPECT_TRUE(
      reply.starts_with("[[\"tracking-active\" :0 \"sample-ratio\" :1 "
                        "\"selected-slots\" [[:0 :16383]] "))
      << reply;
  EXPECT_NE(reply.find("\"by-accesses\" [\"often\" :6 \"once\" :1]"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\"by-cpu-time-us\""), std::string::npos);
  EXPECT_NE(reply.find("\"by-net-bytes\" [\"often\""), std::string::npos) << reply;
  EXPECT_NE(reply.find("\"busiest-shards\" [[\"shard\" :"), std::string::npos) << reply;
  EXPECT_EQ(run("HOTKEYS RESET"), "+OK");
  EXPECT_EQ(run("HOTKEYS GET"), "nil");
}

TEST_F(HotKeysTest, CountsTheKeysOfTransactionsAndScripts) {
  run("HOTKEYS START METRICS 1 CPU");
  run("MULTI");
  run("GET k");
  run("EXEC");
  run("EVAL \"redis.call('GET', KEYS[1]) return redis.call('GET', KEYS[1])\" 1 k");
  EXPECT_NE(run("HOTKEYS GET").find("\"by-accesses\" [\"k\" :3]"), std::string::npos)
      << run("HOTKEYS GET");
}

TEST_F(HotKeysTest, CanBeAboutSomeSlots) {
  const auto slot = std::to_string(store::key_slot("k"));
  run("HOTKEYS START METRICS 1 NET SAMPLE 1 SLOTS 1 " + slot);
  run("GET k");
  run("GET other");
  const std::string reply = run("HOTKEYS GET");
  EXPECT_NE(reply.find("\"selected-slots\" [[:" + slot + "]]"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\"by-accesses\" [\"k\" :1]"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\"net-bytes-all-commands-selected-slots\" :25"), std::string::npos)
      << reply;
}

TEST_F(HotKeysTest, EndsByItself) {
  run("HOTKEYS START METRICS 1 CPU DURATION 1");
  advance_ms(1000);
  run("GET k");
  EXPECT_EQ(run("HOTKEYS STOP"), "nil");
  EXPECT_TRUE(run("HOTKEYS GET").starts_with("[[\"tracking-active\" :0"));
}

}  // namespace

}  // namespace duplex::tests
