// Where the state of the checkbox demo can be read.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace duplex::ws {

inline constexpr std::size_t demo_boxes = 1000;

// Thread: any loop.
class DemoState {
 public:
  virtual ~DemoState() = default;
  // Calls back on the calling loop, later: with the bitmap as GETBIT counts its bits, or nothing if
  // it cannot be read.
  virtual void read(std::function<void(std::optional<std::string>)> done) = 0;
};

}  // namespace duplex::ws
