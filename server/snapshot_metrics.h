// What /metrics tells about snapshots and rewrites of the log.
#pragma once

#include "server/persistence.h"

#include <string>

namespace duplex::server {

void write_snapshot_metrics(std::string& out, const PersistenceStats& stats);

}  // namespace duplex::server
