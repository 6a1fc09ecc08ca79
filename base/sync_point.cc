// Named places in the code at which a test can end the process as kill -9 does.
#include "base/sync_point.h"

#include "base/numbers.h"

#include <csignal>
#include <cstdint>
#include <string>

namespace duplex::base {

namespace {

std::string armed_name;
std::atomic<std::int64_t> passes_left{0};

}  // namespace

void arm_sync_point(std::string_view where) {
  const std::size_t colon = where.find(':');
  armed_name = where.substr(0, colon);
  passes_left = 1;
  if (colon != std::string_view::npos)
    passes_left = parse_int64(where.substr(colon + 1)).value_or(1);
  sync_point_detail::armed = !armed_name.empty();
}

void sync_point_detail::pass(std::string_view name) {
  if (name == armed_name && --passes_left == 0) std::raise(SIGKILL);
}

}  // namespace duplex::base
