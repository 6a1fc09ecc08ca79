// MEMORY: estimates of keys, and the balance of the process.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

class MemoryCommandsTest : public CommandFixture {
 protected:
  double usage(std::string_view arguments) {
    return std::stod(run("MEMORY USAGE " + std::string(arguments)).substr(1));
  }
};

TEST_F(MemoryCommandsTest, AllElementsAreCountedIfAsked) {
  // One member is large, and it is not among the few that an estimate looks at.
  for (const char* add : {"SADD c ", "HSET c f", "ZADD c 5 ", "RPUSH c "}) {
    run("DEL c");
    for (int i = 0; i < 2000; ++i) {
      const std::string number = std::to_string(i);
      const bool is_hash = std::string_view(add).starts_with("HSET");
      run(add + number + (is_hash ? " v" : "") + std::string(100, 'x'));
    }
    const double exact = usage("c SAMPLES 0");
    EXPECT_GT(exact, 2000.0 * 100) << add;
    EXPECT_EQ(usage("c SAMPLES 9223372036854775807"), exact) << add;
    EXPECT_NEAR(usage("c"), exact, exact / 5) << add;
    EXPECT_NEAR(usage("c SAMPLES 1"), exact, exact / 2) << add;
  }
}

TEST_F(MemoryCommandsTest, LooksWithoutTouching) {
  run("SET k v");
  advance_ms(5000);
  usage("k");
  EXPECT_EQ(run("OBJECT IDLETIME k"), ":5");
}

TEST_F(MemoryCommandsTest, StatsAddUp) {
  server_.memory_use = {.allocated = 1000'000,
                        .peak = 2000'000,
                        .at_start = 100'000,
                        .resident = 3000'000,
                        .log_buffer = 7};
  run("SET k v");
  const std::string stats = run("MEMORY STATS");
  for (const char* part : {"\"peak.allocated\" :2000000",
                           "\"total.allocated\" :1000000",
                           "\"startup.allocated\" :100000",
                           "\"aof.buffer\" :7",
                           "\"db.0\" [\"overhead.hashtable.main\" :",
                           "\"keys.count\" :1",
                           "\"keys.bytes-per-key\" :900000",
                           "\"peak.percentage\" \"50\"",
                           "\"fragmentation\" \"3\"",
                           "\"fragmentation.bytes\" :2000000"})
    EXPECT_NE(stats.find(part), std::string::npos) << part << " in " << stats;
}

TEST_F(MemoryCommandsTest, DoctorFindsPeaksAndFragments) {
  EXPECT_NE(run("MEMORY DOCTOR").find("too little"), std::string::npos);
  server_.memory_use = {.allocated = 10 << 20, .peak = 11 << 20, .resident = 12 << 20};
  EXPECT_NE(run("MEMORY DOCTOR").find("Nothing is wrong"), std::string::npos);
  server_.memory_use.peak = 16 << 20;
  EXPECT_NE(run("MEMORY DOCTOR").find("Peak"), std::string::npos);
  EXPECT_EQ(run("MEMORY DOCTOR").find("Fragmentation"), std::string::npos);
  server_.memory_use.resident = 30 << 20;
  EXPECT_NE(run("MEMORY DOCTOR").find("Fragmentation"), std::string::npos);
}

}  // namespace

}  // namespace duplex::tests
