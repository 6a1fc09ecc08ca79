// Places: what the log is given, and which events there are.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using GeoCommandsTest = CommandFixture;

constexpr const char* sicily = "13.361389 38.115556 Palermo 15.087269 37.502669 Catania";

TEST_F(GeoCommandsTest, TheLogGetsWhatChangedSomething) {
  EXPECT_EQ(logged(std::string("GEOADD g ") + sicily), std::string("GEOADD g ") + sicily);
  EXPECT_EQ(logged(std::string("GEOADD g ") + sicily), "");
  EXPECT_EQ(logged("GEOADD g XX 1 1 none"), "");
  EXPECT_EQ(logged("GEOADD g NX 1 1 Palermo"), "");
  run("GEOADD g 1 1 a 181 1 b");
  EXPECT_EQ(take_log(), "");
  EXPECT_EQ(logged("GEOPOS g Palermo"), "");
  EXPECT_EQ(logged("GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC"), "");
}

TEST_F(GeoCommandsTest, Events) {
  EXPECT_EQ(events(std::string("GEOADD g ") + sicily), "new:g zadd:g");
  EXPECT_EQ(events("GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 200 km"),
            "new:d geosearchstore:d");
  EXPECT_EQ(events("GEORADIUS g 15 37 200 km STORE d"), "georadiusstore:d");
  EXPECT_EQ(events("GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m"), "del:d");
  EXPECT_EQ(events("GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m"), "");
}

TEST_F(GeoCommandsTest, WhatIsStoredIsASortedSet) {
  run(std::string("GEOADD g ") + sicily);
  EXPECT_EQ(run("TYPE g"), "+zset");
  EXPECT_EQ(run("ZSCORE g Palermo"), "\"3479099956230698\"");
  EXPECT_EQ(run("ZSCORE g Catania"), "\"3479447370796909\"");
}

}  // namespace

}  // namespace duplex::tests
