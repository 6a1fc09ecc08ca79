// LATENCY GRAPH and LATENCY DOCTOR: samples as texts for people.
#pragma once

#include "commands/latency_monitor.h"

#include <cstdint>
#include <span>
#include <string>

namespace duplex::commands {

// The samples of one event as columns, each with its age under it.
std::string latency_graph(const LatencyMonitor::Series& series, std::int64_t now_s);

// What the samples of all events say, and what might help.
std::string latency_advice(std::span<const LatencyMonitor::Series> events,
                           bool is_on,
                           std::int64_t now_s);

}  // namespace duplex::commands
