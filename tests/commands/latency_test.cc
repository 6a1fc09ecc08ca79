// LATENCY: delays by event, and the times of commands.
#include "base/ticks.h"
#include "commands/latency_histogram.h"
#include "commands/latency_monitor.h"
#include "commands/latency_report.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {

namespace {

using commands::LatencyEvent;
using commands::LatencyHistogram;
using commands::LatencyMonitor;
using LatencyCommandsTest = CommandFixture;

TEST(LatencyHistogram, EveryDurationIsInTheBucketThatHoldsIt) {
  for (const std::uint64_t ticks :
       {0ull, 1ull, 7ull, 8ull, 9ull, 15ull, 16ull, 17ull, 1000ull, 123'456'789ull, 1ull << 39}) {
    const std::size_t bucket = LatencyHistogram::bucket_of(ticks);
    EXPECT_LT(ticks, LatencyHistogram::end_of(bucket)) << ticks;
    if (bucket != 0) {
      EXPECT_GE(ticks, LatencyHistogram::end_of(bucket - 1)) << ticks;
    }
  }
  EXPECT_EQ(LatencyHistogram::bucket_of(~0ull), LatencyHistogram::bucket_count - 1);
}

TEST(LatencyHistogram, ItsBucketsAreNarrow) {
  for (std::size_t bucket = LatencyHistogram::steps; bucket < LatencyHistogram::bucket_count;
       ++bucket) {
    const std::uint64_t begin = LatencyHistogram::end_of(bucket - 1);
    EXPECT_LE((LatencyHistogram::end_of(bucket) - begin) * LatencyHistogram::steps, begin);
  }
}

TEST(LatencyMonitor, TakesWhatReachesItsThreshold) {
  LatencyMonitor monitor;
  monitor.note(LatencyEvent::command, 1'000'000);
  EXPECT_TRUE(monitor.all().empty());
  monitor.set_threshold_ms(10);
  monitor.note(LatencyEvent::command, 9'999);
  EXPECT_TRUE(monitor.all().empty());
  monitor.note(LatencyEvent::command, 10'000);
  monitor.note(LatencyEvent::expire_cycle, 20'000);
  const auto all = monitor.all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].samples.back().ms, 10);
  EXPECT_EQ(all[0].max_ms, 10);
  EXPECT_EQ(all[1].event, LatencyEvent::expire_cycle);
  EXPECT_TRUE(monitor.reset(LatencyEvent::command));
  EXPECT_FALSE(monitor.reset(LatencyEvent::command));
  EXPECT_EQ(monitor.all().size(), 1u);
}

TEST(LatencyMonitor, EventsAreFoundByTheirNames) {
  for (std::size_t i = 0; i < commands::latency_events; ++i) {
    const auto event = static_cast<LatencyEvent>(i);
    EXPECT_EQ(commands::latency_event(commands::latency_event_name(event)), event);
  }
  EXPECT_FALSE(commands::latency_event("fork"));
}

TEST(LatencyGraph, DrawsColumnsOverTheirAges) {
  const LatencyMonitor::Series series{
      .event = LatencyEvent::command,
      .samples = {{1000, 2}, {1001, 5}, {1002, 10}, {1003, 3}, {1060, 30}},
      .max_ms = 40};
  const std::string line(80, '-');
  EXPECT_EQ(commands::latency_graph(series, 1064),
            "command - high 30 ms, low 2 ms (all time high 40 ms)\n" + line +
                "\n"
                "    #\n"
                "    |\n"
                "  _ |\n"
                "_o|_|\n"
                "     \n"
                "11114\n"
                "mmmms\n");
}

TEST(LatencyGraph, BeginsANewPictureAfterEightyColumns) {
  LatencyMonitor::Series series{.event = LatencyEvent::aof_write, .samples = {}, .max_ms = 7};
  for (std::int64_t i = 0; i < 81; ++i)
    series.samples.push_back({i, 7});
  const std::string graph = commands::latency_graph(series, 100);
  EXPECT_NE(graph.find("\n\n \n \n \n_\n \n2\n0\ns\n"), std::string::npos) << graph;
}

TEST(LatencyAdvice, SaysWhatIsSlowOrWhyNothingIsKnown) {
  EXPECT_NE(commands::latency_advice({}, false, 0).find("CONFIG SET"), std::string::npos);
  EXPECT_NE(commands::latency_advice({}, true, 0).find("No delay"), std::string::npos);
  const LatencyMonitor::Series series[] = {
      {.event = LatencyEvent::command, .samples = {{0, 10}, {10, 30}}, .max_ms = 50}};
  const std::string text = commands::latency_advice(series, true, 20);
  EXPECT_NE(
      text.find(
          "1. command: 2 samples (average 20 ms, mean deviation 10 ms, one in 10.00 s). Worst 50"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("SLOWLOG"), std::string::npos);
}

TEST_F(LatencyCommandsTest, UnknownEventsHaveNoSamples) {
  play({{"LATENCY LATEST", "[]"},
        {"LATENCY HISTORY command", "[]"},
        {"LATENCY HISTORY nosuch", "[]"},
        {"LATENCY GRAPH command", "-ERR No samples available for event 'command'"},
        {"LATENCY GRAPH nosuch", "-ERR No samples available for event 'nosuch'"},
        {"LATENCY RESET", ":0"},
        {"LATENCY RESET command nosuch", ":0"}});
}

TEST_F(LatencyCommandsTest, ASlowCommandIsSampled) {
  observation_.configure({.logs = {}, .latency_threshold_ms = 1});
  config_.values.emplace_back("enable-debug-command", "yes");
  run("DEBUG SLEEP 0.002");
  const auto series = observation_.latency().series(LatencyEvent::command);
  ASSERT_TRUE(series);
  EXPECT_GE(series->max_ms, 2);
  EXPECT_EQ(run("LATENCY RESET command"), ":1");
}

TEST_F(LatencyCommandsTest, TheHistogramCountsEachCallOnce) {
  EXPECT_EQ(run("LATENCY HISTOGRAM get"), "[]");
  for (int i = 0; i < 5; ++i)
    run("GET k");
  run("CONFIG GET port");
  const std::string reply = run("LATENCY HISTOGRAM get");
  EXPECT_TRUE(reply.starts_with("[\"get\" [\"calls\" :5 \"histogram_usec\" [")) << reply;
  EXPECT_TRUE(reply.ends_with(":5]]]")) << reply;
  // A container stands for its subcommands.
  EXPECT_TRUE(run("LATENCY HISTOGRAM config").starts_with("[\"config|get\""));
  EXPECT_EQ(run("LATENCY HISTOGRAM nosuch set"), "[]");
}

TEST_F(LatencyCommandsTest, NothingIsCountedWithoutLatencyTracking) {
  settings_.tracks_latency = false;
  run("GET k");
  EXPECT_EQ(run("LATENCY HISTOGRAM get"), "[]");
  EXPECT_EQ(commands::totals_of(statistics_, table_.find("GET")->index).calls, 1u);
}

TEST_F(LatencyCommandsTest, AWaitingCommandIsOneCall) {
  run(other_, "BLPOP list 0");
  run("RPUSH list x");
  base::Buffer out;
  EXPECT_TRUE(executor_->go_on(other_.state, out));
  const auto totals = commands::totals_of(statistics_, table_.find("BLPOP")->index);
  EXPECT_EQ(totals.calls, 1u);
  EXPECT_EQ(totals.timed, 1u);
}

TEST_F(LatencyCommandsTest, ExecIsACallOfItsOwn) {
  run("MULTI");
  run("PING");
  run("EXEC");
  run("EXEC");
  const auto totals = commands::totals_of(statistics_, table_.find("EXEC")->index);
  EXPECT_EQ(totals.calls, 2u);
  EXPECT_EQ(totals.failed, 1u);
}

TEST_F(LatencyCommandsTest, PercentilesAreThoseOfTheCalls) {
  commands::CommandStatistics& get = statistics_[0]->command(table_.find("GET")->index);
  const auto ticks = [](double us) {
    return static_cast<std::uint64_t>(us * base::ticks_per_us());
  };
  for (int i = 0; i < 99; ++i)
    get.note_call(ticks(10), true);
  get.note_call(ticks(5000), true);
  const auto totals = commands::totals_of(statistics_, table_.find("GET")->index);
  EXPECT_NEAR(totals.percentile_us(50), 10, 1.5);
  EXPECT_NEAR(totals.percentile_us(99), 10, 1.5);
  EXPECT_NEAR(totals.percentile_us(99.9), 5000, 700);
  EXPECT_NEAR(totals.percentile_us(100), 5000, 700);
}

}  // namespace

}  // namespace duplex::tests
