// Running commands for browsers and for the server's own purposes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace duplex::realtime {

// As whom a command runs.
enum class RunAs : std::uint8_t {
  server,   // whom no rule limits
  browser,  // the ACL user `browser`: the outer fence around everything that browsers cause
};

struct Ran {
  std::string reply;               // RESP3
  std::uint64_t log_position = 0;  // what depends on it must not leave before the log is written
                                   // up to here; 0: nothing to wait for
};

// Runs commands on one loop.
// Thread: confined to that loop.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  virtual Ran run(std::span<const std::string_view> arguments, RunAs as) = 0;
};

}  // namespace duplex::realtime
