// duplex-load: measures a RESP server from outside; `duplex-load --help` lists the options.
#include "bench/load/closed_loop.h"
#include "bench/load/fan_out.h"
#include "bench/load/open_loop.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "bench/load/socket.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using duplex::load::Measurement;
using duplex::load::Mode;

template <typename Run>
std::expected<Measurement, std::string> measure(const duplex::load::Options& options) {
  auto run = Run::create(options);
  if (!run) return std::unexpected(run.error());
  return (*run)->run();
}

std::expected<Measurement, std::string> measure(const duplex::load::Options& options) {
  if (options.mode == Mode::fan_out) return measure<duplex::load::FanOut>(options);
  if (options.mode == Mode::open_loop) return measure<duplex::load::OpenLoop>(options);
  return measure<duplex::load::ClosedLoop>(options);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = duplex::load::parse_options({argv + 1, argv + argc});
  if (!options) {
    const bool help = options.error().empty();
    if (!help) fmt::print(stderr, "duplex-load: {} (see --help)\n", options.error());
    if (help) fmt::print("{}", duplex::load::usage());
    return help ? 0 : 2;
  }
  duplex::load::raise_descriptor_limit();
  const auto measured = measure(*options);
  if (!measured) {
    fmt::print(stderr, "duplex-load: {}\n", measured.error());
    return 1;
  }
  fmt::print("{}",
             options->json ? duplex::load::json_report(*options, *measured)
                           : duplex::load::text_report(*options, *measured));
  return 0;
}
