// maxmemory-clients: what all clients may take up together, and who has to go when it is more.
#pragma once

#include "commands/client_registry.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace duplex::net {

// Thread: confined to one loop.
class ClientEviction {
 public:
  // Closes the clients that take up most, until the others take up no more than `bytes_max` (0: no
  // limit). Those who asked for it (CLIENT NO-EVICT) are spared and not counted. Returns how many
  // were closed.
  std::size_t run(const commands::ClientRegistry& clients, std::size_t bytes_max);

 private:
  struct Candidate {
    std::size_t bytes;
    std::uint64_t id;
  };

  std::vector<Candidate> candidates_;   // scratch
  std::vector<std::uint64_t> closing_;  // by the last run; their loops may not have done it yet
};

}  // namespace duplex::net
