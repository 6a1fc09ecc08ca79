// Keys on their way to another server: what MIGRATE found, and what came of it.
#pragma once

#include "commands/watchers.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace duplex::commands {

// One MIGRATE. It is made under the locks of its keys, carried out by the front end while its
// client waits and no lock is held, and ended under the locks again: a key goes only if the target
// has taken it and nobody has changed it since it was dumped. So whatever happens in between, at
// least one of the servers has the key's last value.
//
// Lifetime: shared by the waiting client and whoever carries it out.
// Thread: one at a time; the waiting client looks at it only when it has been carried out.
class Migration {
 public:
  struct Item {
    std::string key;
    std::string payload;      // as DUMP returns it
    std::int64_t ttl_ms = 0;  // 0: it stays
    std::int64_t expiry_ms = 0;
    Watchers::Flag changed;  // set by whoever changes the key
    bool is_taken = false;   // the target has it
  };

  Migration(Watchers& watchers, int own_database) : from(own_database), watchers_(watchers) {}
  ~Migration();
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  // Adds a key and begins to watch it. To be called under the lock of its shard.
  void add(Item item);

  const int from;  // the database the keys are in
  std::string host;
  std::string port;
  std::int64_t database = 0;  // on the target
  // For each step on the network.
  std::chrono::milliseconds timeout{0};
  bool copies = false;
  bool replaces = false;
  bool authenticates = false;
  std::string user;  // empty: the default one
  std::string password;

  std::vector<Item> items;
  std::string error;  // what went wrong on the way, as a reply

 private:
  Watchers& watchers_;
};

}  // namespace duplex::commands
