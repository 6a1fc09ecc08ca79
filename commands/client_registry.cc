// All clients of the server, for CLIENT LIST, CLIENT KILL and INFO.
#include "commands/client_registry.h"

namespace duplex::commands {

void ClientRegistry::add(Client& client) {
  const base::MutexLock lock(mutex_);
  client.id = next_id_.fetch_add(1, std::memory_order_relaxed);
  clients_.emplace(client.id, &client);
  size_.store(clients_.size(), std::memory_order_relaxed);
}

void ClientRegistry::remove(Client& client) {
  const base::MutexLock lock(mutex_);
  clients_.erase(client.id);
  size_.store(clients_.size(), std::memory_order_relaxed);
}

void ClientRegistry::for_each(const std::function<void(const Client&)>& visit) const {
  const base::MutexLock lock(mutex_);
  for (const auto& [id, client] : clients_)
    visit(*client);
}

bool ClientRegistry::with(std::uint64_t id, const std::function<void(const Client&)>& visit) const {
  const base::MutexLock lock(mutex_);
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  visit(*found->second);
  return true;
}

void ClientRegistry::change(Client& client, const std::function<void(Client&)>& change) {
  const base::MutexLock lock(mutex_);
  change(client);
}

}  // namespace duplex::commands
