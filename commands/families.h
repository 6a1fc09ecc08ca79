// The command families of this room, one table each.
#pragma once

#include "commands/command_spec.h"

#include <span>
#include <vector>

namespace duplex::commands {

std::span<const CommandSpec> acl_commands();
std::span<const CommandSpec> bitfield_commands();
std::span<const CommandSpec> bitmap_commands();
std::span<const CommandSpec> blocking_list_commands();
std::span<const CommandSpec> blocking_sorted_set_commands();
std::span<const CommandSpec> client_commands();
std::span<const CommandSpec> command_commands();
std::span<const CommandSpec> command_log_commands();
std::span<const CommandSpec> connection_commands();
std::span<const CommandSpec> debug_commands();
std::span<const CommandSpec> dump_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> generic_commands();
std::span<const CommandSpec> geo_commands();
std::span<const CommandSpec> geo_search_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> hash_number_commands();
std::span<const CommandSpec> hash_scan_commands();
std::span<const CommandSpec> hash_expiry_commands();
std::span<const CommandSpec> hash_expiring_commands();
std::span<const CommandSpec> hotkeys_commands();
std::span<const CommandSpec> hyperloglog_commands();
std::span<const CommandSpec> keyspace_commands();
std::span<const CommandSpec> memory_commands();
std::span<const CommandSpec> migrate_commands();
std::span<const CommandSpec> monitor_commands();
std::span<const CommandSpec> object_commands();
std::span<const CommandSpec> latency_commands();
std::span<const CommandSpec> lcs_commands();
std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> list_move_commands();
std::span<const CommandSpec> pubsub_commands();
std::span<const CommandSpec> set_combination_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> set_random_commands();
std::span<const CommandSpec> sort_commands();
std::span<const CommandSpec> sorted_set_commands();
std::span<const CommandSpec> sorted_set_combination_commands();
std::span<const CommandSpec> sorted_set_range_commands();
std::span<const CommandSpec> sorted_set_removal_commands();
std::span<const CommandSpec> sorted_set_scan_commands();
std::span<const CommandSpec> stream_commands();
std::span<const CommandSpec> stream_group_commands();
std::span<const CommandSpec> stream_info_commands();
std::span<const CommandSpec> stream_pending_commands();
std::span<const CommandSpec> stream_range_commands();
std::span<const CommandSpec> stream_read_commands();
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_multi_commands();
std::span<const CommandSpec> string_number_commands();
std::span<const CommandSpec> string_range_commands();
std::span<const CommandSpec> persistence_commands();
std::span<const CommandSpec> server_commands();

// All of them, for the command table.
std::vector<std::span<const CommandSpec>> command_families();

}  // namespace duplex::commands
