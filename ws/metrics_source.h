// What the server tells about itself on the HTTP port.
#pragma once

#include <string>

namespace duplex::ws {

// Implemented where all the numbers are. Thread: any.
class MetricsSource {
 public:
  virtual ~MetricsSource() = default;
  // The body of /metrics, in Prometheus's text format.
  virtual std::string metrics_text() = 0;
  // The body of /api/stats, the counters of the start page, as one JSON object.
  virtual std::string stats_json() = 0;
};

}  // namespace duplex::ws
