// Running commands for the server's own purposes.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace duplex::ws {

// Runs commands on one loop, as a client that no rule limits.
// Thread: confined to that loop.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  // Returns the reply in RESP3.
  virtual std::string run(std::span<const std::string_view> arguments) = 0;
};

}  // namespace duplex::ws
