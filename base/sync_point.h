// Named places in the code at which a test can end the process as kill -9 does.
#pragma once

#include <atomic>
#include <string_view>

namespace duplex::base {

namespace sync_point_detail {
inline std::atomic<bool> armed{false};
void pass(std::string_view name);
}  // namespace sync_point_detail

// Arms one point: "name", or "name:n" for the n-th time it is passed (1 if not said). The server
// takes this from the environment, DUPLEX_CRASH_AT. `grep -rn sync_point\( aof server` names them.
// Thread: before there are others.
void arm_sync_point(std::string_view where);

// Ends the process here if the point is armed. Thread: any.
inline void sync_point(std::string_view name) {
  if (sync_point_detail::armed.load(std::memory_order_relaxed)) [[unlikely]]
    sync_point_detail::pass(name);
}

}  // namespace duplex::base
