// Who is subscribed to which channel, as long as the connections last.
#pragma once

#include "base/mutex.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// A client on a channel.
struct Present {
  std::string client;  // its id
  std::string user;    // empty: anonymous
  std::string info;    // JSON, or empty
  std::int64_t since_ms = 0;

  // {"client":…,"user":…,"conn_info":…}
  std::string json() const;
};

// The table is exact: a client is in it from its subscription to its end. What is told about it is
// not in such a hurry: a user whose connection breaks and comes back within a few seconds has not
// left. So a connection that ends may leave a farewell, which is told when it is due, unless the
// user has come again.
//
// Thread: any (mutex_, rank leaf).
class Presence {
 public:
  struct Stats {
    std::size_t clients = 0;
    std::size_t users = 0;  // different ones; every anonymous client counts as one
  };
  struct Farewell {
    std::string channel;
    Present who;
  };

  // Returns whether that is news: not if it takes a farewell back.
  bool enter(std::string_view channel, Present who);
  // Takes the client out of the table; nothing if it was not there.
  std::optional<Present> leave(std::string_view channel, std::string_view client);
  // To be told later.
  void leave_farewell(std::string_view channel, Present who, std::int64_t due_ms);
  // Those that are due, and not taken back.
  std::vector<Farewell> take_farewells(std::int64_t now_ms);

  // Sorted by client, at most `limit`.
  std::vector<Present> list(std::string_view channel, std::size_t limit) const;
  Stats stats(std::string_view channel) const;

 private:
  struct Due {
    std::int64_t due_ms;
    Farewell farewell;
  };

  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, std::map<std::string, Present, std::less<>>, std::less<>> channels_
      DUPLEX_GUARDED_BY(mutex_);
  std::vector<Due> due_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::realtime
