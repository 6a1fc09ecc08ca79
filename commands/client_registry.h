// All clients of the server, for CLIENT LIST, CLIENT KILL and INFO.
#pragma once

#include "base/mutex.h"
#include "commands/client.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

namespace duplex::commands {

// Thread: any (mutex_, rank registry).
class ClientRegistry {
 public:
  // Gives the client its id. The client must be removed before it ends.
  void add(Client& client);
  void remove(Client& client);

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  std::uint64_t next_id() const { return next_id_.load(std::memory_order_relaxed); }

  // Calls visit(client) for all clients by ascending id, under the lock. Only what Client declares
  // as readable by any thread may be read.
  void for_each(const std::function<void(const Client&)>& visit) const;
  // The same for one client; false if there is none of that id.
  bool with(std::uint64_t id, const std::function<void(const Client&)>& visit) const;
  // For changing a client's names from its own loop.
  void change(Client& client, const std::function<void(Client&)>& change);

 private:
  mutable base::Mutex mutex_{base::LockRank::registry};
  std::map<std::uint64_t, Client*> clients_ DUPLEX_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::size_t> size_{0};
};

}  // namespace duplex::commands
