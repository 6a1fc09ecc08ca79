// CONFIG GET and CONFIG SET on the running server's configuration.
#include "server/config_store.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace duplex::server {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Changes = std::vector<std::pair<std::string_view, std::string_view>>;

LoadedConfig loaded(const std::string& text = "") {
  ConfigReader reader("/");
  EXPECT_TRUE(reader.read_text(text, "test"));
  return {.config = reader.config(), .file = "", .start_dir = "/", .notes = {}};
}

class ConfigStoreTest : public ::testing::Test {
 protected:
  std::optional<std::string> set(const Changes& changes) { return store_.set(changes, true); }
  std::string get(std::string_view name) {
    const auto found = store_.get(std::vector{name});
    return found.empty() ? "(none)" : found.front().second;
  }

  ConfigStore store_{loaded()};
};

TEST_F(ConfigStoreTest, AnswersNamesAsWrittenAndPatternsInOrder) {
  const std::vector<std::string_view> patterns = {"MAXMEMORY", "maxmemory*", "hz", "h?", "nosuch"};

  EXPECT_THAT(store_.get(patterns),
              ElementsAre(Pair("MAXMEMORY", "0"),
                          Pair("maxmemory-clients", "0"),
                          Pair("maxmemory-policy", "noeviction"),
                          Pair("maxmemory-samples", "5"),
                          Pair("maxmemory-eviction-tenacity", "10"),
                          Pair("hz", "10")));
}

TEST_F(ConfigStoreTest, ShowsAliasesBesideTheirNames) {
  EXPECT_EQ(get("slave-priority"), "100");
  EXPECT_THAT(
      store_.get(std::vector<std::string_view>{"*-max-ziplist-v*"}),
      ElementsAre(Pair("hash-max-ziplist-value", "64"), Pair("zset-max-ziplist-value", "64")));
}

TEST_F(ConfigStoreTest, HidesWhatOnlyFilesMaySay) {
  EXPECT_EQ(get("rename-command"), "(none)");
  EXPECT_EQ(get("user"), "(none)");
}

TEST_F(ConfigStoreTest, NormalisesValuesAsRedisDoes) {
  struct Case {
    std::string_view name, given, shown;
  };
  const Case cases[] = {
      {"appendfsync", "ALWAYS", "always"},
      {"hz", "1000", "500"},
      {"hz", "0", "1"},
      {"maxmemory", "1gb", "1073741824"},
      {"maxmemory", "1G", "1000000000"},
      {"maxmemory-clients", "10%", "10%"},
      {"maxmemory-clients", "1kb", "1024"},
      {"save", "3600 1 300 10", "3600 1 300 10"},
      {"save", "", ""},
      {"client-output-buffer-limit",
       "normal 1mb 0 0",
       "normal 1048576 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
      {"notify-keyspace-events", "KEA", "AKE"},
      {"notify-keyspace-events", "Kg$lshzxetd", "AK"},
      {"notify-keyspace-events", "EKmn", "nKEm"},
      {"notify-keyspace-events", "", ""},
      {"latency-tracking-info-percentiles", "99.99999 1e1 0.50", "99.99999 10 0.5"},
      {"latency-tracking-info-percentiles", "", ""},
      {"shutdown-on-sigterm", "now save", "save now"},
      {"oom-score-adj-values", "30 20 10", "30 20 10"},
      {"proc-title-template", "{port} {config-file}", "{port} {config-file}"},
      {"slowlog-log-slower-than", "-1", "-1"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + std::string(c.given));
    EXPECT_EQ(set({{c.name, c.given}}), std::nullopt);
    EXPECT_EQ(get(c.name), c.shown);
  }
}

TEST_F(ConfigStoreTest, RefusesWithTheTextsOfRedis) {
  struct Case {
    std::string_view name, value, reason;
  };
  const Case cases[] = {
      {"timeout", "1kb", "argument couldn't be parsed into an integer"},
      {"timeout", "", "argument couldn't be parsed into an integer"},
      {"maxclients", "0", "argument must be between 1 and 4294967295 inclusive"},
      {"maxmemory", "-1", "argument must be a memory value"},
      {"maxmemory", "10%", "argument must be a memory value"},
      {"maxmemory-clients", "101%", "percentage argument must be less or equal to 100"},
      {"maxmemory-clients", "x", "argument must be a memory or percent value"},
      {"proto-max-bulk-len",
       "0",
       "argument must be between 1048576 and 9223372036854775807 inclusive"},
      {"aof-load-truncated", "1", "argument must be 'yes' or 'no'"},
      {"appendfsync", "x", "argument(s) must be one of the following: everysec, always, no"},
      {"daemonize", "yes", "can't set immutable config"},
      {"bind", "1.2.3.4", "can't set immutable config"},
      {"save", "900 1 60", "Invalid save parameters"},
      {"save", "0 1", "Invalid save parameters"},
      {"save", " 60  1 ", "Invalid save parameters"},
      {"client-output-buffer-limit",
       "foo 1 2 3",
       "Invalid client class specified in buffer limit configuration."},
      {"client-output-buffer-limit",
       "normal 1x 2 3",
       "Error in hard, soft or soft_seconds setting in buffer limit configuration."},
      {"notify-keyspace-events", "KQ", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."},
      {"latency-tracking-info-percentiles",
       "101",
       "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
      {"latency-tracking-info-percentiles",
       "x",
       "Invalid latency-tracking-info-percentiles parameters"},
      {"oom-score-adj-values", "1 2", "wrong number of arguments"},
      {"oom-score-adj-values",
       "1 2 3000",
       "Invalid oom-score-adj-values, elements must be between -2000 and 2000."},
      {"proc-title-template", "{foo}", "template format is invalid or contains unknown variables"},
      {"shutdown-on-sigterm",
       "save nosave",
       "shutdown options SAVE and NOSAVE can't be used simultaneously"},
      {"shutdown-on-sigterm",
       "xx",
       "argument(s) must be one of the following: default, save, nosave, now, force"},
      {"dbfilename", "a/b", "dbfilename can't be a path, just a filename"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + std::string(c.value));
    EXPECT_EQ(set({{c.name, c.value}}),
              "ERR CONFIG SET failed (possibly related to argument '" + std::string(c.name) +
                  "') - " + std::string(c.reason));
  }
}

TEST_F(ConfigStoreTest, ChangesAllOrNothing) {
  EXPECT_EQ(set({{"timeout", "5"}, {"nosuch", "1"}}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(set({{"timeout", "5"}, {"Hz", "x"}}),
            "ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be "
            "parsed into an integer");
  EXPECT_EQ(set({{"timeout", "5"}, {"TIMEOUT", "6"}}),
            "ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter");
  EXPECT_EQ(get("timeout"), "0");

  EXPECT_EQ(set({{"timeout", "5"}, {"hz", "20"}}), std::nullopt);
  EXPECT_EQ(get("timeout"), "5");
  EXPECT_EQ(get("hz"), "20");
}

TEST_F(ConfigStoreTest, ProtectsSomeDirectivesUnlessToldOtherwise) {
  ConfigStore store(loaded());

  EXPECT_EQ(store.set(Changes{{"dbfilename", "x.rdb"}}, false),
            "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set "
            "protected config");
  EXPECT_EQ(set({{"dbfilename", "x.rdb"}}), std::nullopt);
}

TEST_F(ConfigStoreTest, KeepsWhatNobodyWouldActOn) {
  EXPECT_EQ(set({{"hz", "20"}, {"appendonly", "no"}}), std::nullopt);
  EXPECT_EQ(set({{"appendonly", "x"}}),
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must be "
            "'yes' or 'no'");
  EXPECT_EQ(set({{"hz", "30"}, {"appendonly", "yes"}}),
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - can't set "
            "immutable config");
  EXPECT_EQ(get("hz"), "20");
}

TEST_F(ConfigStoreTest, CallsTheOwnerWithTheNewValuesBeforeReadersSeeThem) {
  std::int64_t told = 0;
  std::int64_t seen = 0;
  store_.on_change("maxclients", [&](const Config& next) -> Outcome {
    told = next.maxclients;
    seen = store_.snapshot()->maxclients;
    return {};
  });

  EXPECT_EQ(set({{"maxclients", "50"}, {"timeout", "7"}}), std::nullopt);
  EXPECT_EQ(told, 50);
  EXPECT_EQ(seen, 10000);
  EXPECT_EQ(store_.live().maxclients, 50);
  EXPECT_EQ(store_.live().timeout_s, 7);

  told = 0;
  EXPECT_EQ(set({{"maxclients", "50"}}), std::nullopt);
  EXPECT_EQ(told, 0);
}

TEST_F(ConfigStoreTest, TakesBackWhatWasDoneWhenAnOwnerRefuses) {
  std::vector<std::int64_t> ports;
  store_.on_change("hz", [&](const Config& next) -> Outcome {
    ports.push_back(next.hz);
    return {};
  });
  store_.on_change("port", [](const Config&) -> Outcome {
    return std::unexpected("Unable to listen on this port. Check server logs.");
  });

  EXPECT_EQ(set({{"hz", "20"}, {"port", "1"}}),
            "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on "
            "this port. Check server logs.");
  EXPECT_THAT(ports, ElementsAre(20, 10));
  EXPECT_EQ(get("hz"), "10");
  EXPECT_EQ(get("port"), "6379");
}

TEST_F(ConfigStoreTest, LeavesSnapshotsAlone) {
  const auto before = store_.snapshot();

  EXPECT_EQ(set({{"hz", "20"}}), std::nullopt);

  EXPECT_EQ(before->hz, 10);
  EXPECT_EQ(store_.snapshot()->hz, 20);
}

TEST_F(ConfigStoreTest, CanBeReadWhileItChanges) {
  std::jthread reader([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto config = store_.snapshot();
      EXPECT_EQ(config->timeout_s, config->tcp_keepalive_s - 300);
    }
  });
  for (int i = 0; i < 200; ++i) {
    const std::string timeout = std::to_string(i);
    const std::string keepalive = std::to_string(i + 300);
    EXPECT_EQ(set({{"timeout", timeout}, {"tcp-keepalive", keepalive}}), std::nullopt);
  }
}

TEST_F(ConfigStoreTest, CannotRewriteWithoutAFile) {
  EXPECT_EQ(store_.rewrite({}), "ERR The server is running without a config file");
}

}  // namespace
}  // namespace duplex::server
