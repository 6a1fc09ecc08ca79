// maxmemory-clients: what all clients may take up together, and who has to go when it is more.
#include "net/client_eviction.h"

#include "base/diagnostics.h"
#include "commands/client_description.h"

#include <algorithm>

namespace duplex::net {

std::size_t ClientEviction::run(const commands::ClientRegistry& clients, std::size_t bytes_max) {
  if (bytes_max == 0) return 0;
  candidates_.clear();
  std::size_t total = 0;
  const auto is_closing = [this](std::uint64_t id) {
    return std::find(closing_.begin(), closing_.end(), id) != closing_.end();
  };
  clients.for_each([&](const commands::Client& client) {
    if (client.no_evict.load(std::memory_order_relaxed) || is_closing(client.id)) return;
    const std::size_t bytes = commands::memory_of(client);
    total += bytes;
    candidates_.push_back({bytes, client.id});
  });
  closing_.clear();
  if (total <= bytes_max) return 0;
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.id < b.id;
  });
  for (const Candidate& candidate : candidates_) {
    if (total <= bytes_max) break;
    total -= candidate.bytes;
    const bool is_there = clients.with(candidate.id, [&](const commands::Client& client) {
      base::log(base::LogLevel::notice,
                "Evicting client: id={} addr={} bytes={}",
                client.id,
                client.address,
                candidate.bytes);
      client.connection->request_close();
    });
    if (is_there) closing_.push_back(candidate.id);
  }
  return closing_.size();
}

}  // namespace duplex::net
