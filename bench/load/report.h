// The result of a run as text or as JSON.
#pragma once

#include "bench/load/measurement.h"
#include "bench/load/options.h"

#include <string>

namespace duplex::load {

std::string text_report(const Options& options, const Measurement& measured);

// One object on one line; times are microseconds.
std::string json_report(const Options& options, const Measurement& measured);

}  // namespace duplex::load
