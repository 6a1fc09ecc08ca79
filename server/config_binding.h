// From the configuration to the switches that the rooms read.
#pragma once

#include "aof/fsync_policy.h"
#include "commands/observation.h"
#include "commands/services.h"
#include "net/session_limits.h"
#include "server/config.h"

namespace duplex::server {

// Copies what commands and sessions read at run time. Called at start and after each change.
void apply_settings(const Config& config, commands::Settings& settings);
void apply_observation(const Config& config, commands::Observation& observation);
void apply_users(const Config& config, commands::acl::Users& users);
void apply_limits(const Config& config, net::SessionLimits& limits);

aof::FsyncPolicy fsync_policy(AppendFsync word);

}  // namespace duplex::server
