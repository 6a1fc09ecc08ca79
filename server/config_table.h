// Every directive, in the order in which CONFIG GET * shows them.
#pragma once

#include "server/config_directive.h"

#include <span>
#include <string_view>
#include <vector>

namespace duplex::server {

// The rows by subject (config_table_*.cc). Thread: immutable.
std::span<const Directive> network_directives();
std::span<const Directive> tls_directives();
std::span<const Directive> browser_directives();
std::span<const Directive> realtime_directives();
std::span<const Directive> process_directives();
std::span<const Directive> data_directives();
std::span<const Directive> accepted_directives();

// All rows. Thread: immutable after the first call.
std::span<const Directive* const> all_directives();

// The row with this name or alias, in any case; null if there is none.
const Directive* find_directive(std::string_view name);

}  // namespace duplex::server
