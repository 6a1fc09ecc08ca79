// Limits by address and by user.
#include "ws/connection_limits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duplex::ws {
namespace {

using Place = ConnectionLimits::Place;
using Refusal = ConnectionLimits::Refusal;

TEST(ConnectionLimits, AnAddressHasSoManyAtATime) {
  ConnectionLimits limits({.per_address_max = 2, .connects = {1000, 1000}});
  const auto enter = [&](const char* peer, Place& place) {
    return limits.enter_address(peer, 0, place);
  };
  Place first;
  Place other;
  {
    Place second;
    Place third;
    EXPECT_EQ(enter("192.0.2.1:1", first), std::nullopt);
    EXPECT_EQ(enter("192.0.2.1:2", second), std::nullopt);
    EXPECT_EQ(enter("192.0.2.1:3", third), Refusal::too_many);
    EXPECT_EQ(enter("::ffff:192.0.2.1:3", third), Refusal::too_many);
    EXPECT_EQ(enter("192.0.2.2:1", other), std::nullopt);
  }
  Place third;
  EXPECT_EQ(enter("192.0.2.1:3", third), std::nullopt);
}

TEST(ConnectionLimits, AnAddressMayOpenThemSoFast) {
  ConnectionLimits limits({.per_address_max = 0, .connects = {10, 3}});
  std::vector<Place> places(6);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limits.enter_address("192.0.2.1:1", 0, places[static_cast<std::size_t>(i)]),
              std::nullopt);
  EXPECT_EQ(limits.enter_address("192.0.2.1:1", 0, places[3]), Refusal::too_fast);
  EXPECT_EQ(limits.enter_address("192.0.2.1:1", 100, places[3]), std::nullopt);
  EXPECT_EQ(limits.enter_address("192.0.2.1:1", 100, places[4]), Refusal::too_fast);
}

TEST(ConnectionLimits, ANetworkOfIpv6CountsAsOneAddress) {
  ConnectionLimits limits({.per_address_max = 1});
  Place first;
  Place second;
  EXPECT_EQ(limits.enter_address("[2001:db8::1]:5", 0, first), std::nullopt);
  EXPECT_EQ(limits.enter_address("[2001:db8::2]:5", 0, second), Refusal::too_many);
  EXPECT_EQ(limits.enter_address("2001:db8:0:1::1:5", 0, second), std::nullopt);
}

TEST(ConnectionLimits, ThisMachineIsCountedOnlyIfThatIsAskedFor) {
  ConnectionLimits free({.per_address_max = 1});
  ConnectionLimits strict({.per_address_max = 1, .count_loopback = true});
  Place places[4];
  EXPECT_EQ(free.enter_address("127.0.0.1:1", 0, places[0]), std::nullopt);
  EXPECT_EQ(free.enter_address("127.0.0.1:2", 0, places[1]), std::nullopt);
  EXPECT_EQ(free.enter_address("[::1]:2", 0, places[1]), std::nullopt);
  EXPECT_EQ(strict.enter_address("127.0.0.1:1", 0, places[2]), std::nullopt);
  EXPECT_EQ(strict.enter_address("127.0.0.1:2", 0, places[3]), Refusal::too_many);
}

TEST(ConnectionLimits, AUserHasSoManyAtATime) {
  ConnectionLimits limits({.per_user_max = 1});
  Place anonymous;
  EXPECT_TRUE(limits.enter_user("", anonymous));
  Place next;
  {
    Place first;
    EXPECT_TRUE(limits.enter_user("ann", first));
    EXPECT_FALSE(limits.enter_user("ann", next));
    Place moved = std::move(first);
    EXPECT_FALSE(limits.enter_user("ann", next));
  }
  EXPECT_TRUE(limits.enter_user("ann", next));
}

}  // namespace
}  // namespace duplex::ws
