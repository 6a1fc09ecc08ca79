// The command families of this room, one table each.
#include "commands/families.h"

#include "commands/transaction.h"

namespace duplex::commands {

std::vector<std::span<const CommandSpec>> command_families() {
  return {
      acl_commands(),
      bitfield_commands(),
      bitmap_commands(),
      blocking_list_commands(),
      blocking_sorted_set_commands(),
      client_commands(),
      command_commands(),
      command_log_commands(),
      connection_commands(),
      debug_commands(),
      dump_commands(),
      expire_commands(),
      generic_commands(),
      geo_commands(),
      geo_search_commands(),
      hash_commands(),
      hash_number_commands(),
      hash_scan_commands(),
      hash_expiry_commands(),
      hash_expiring_commands(),
      hotkeys_commands(),
      hyperloglog_commands(),
      keyspace_commands(),
      memory_commands(),
      migrate_commands(),
      monitor_commands(),
      object_commands(),
      latency_commands(),
      lcs_commands(),
      list_commands(),
      list_move_commands(),
      pubsub_commands(),
      set_combination_commands(),
      set_commands(),
      set_random_commands(),
      sort_commands(),
      sorted_set_commands(),
      sorted_set_combination_commands(),
      sorted_set_range_commands(),
      sorted_set_removal_commands(),
      sorted_set_scan_commands(),
      stream_commands(),
      stream_group_commands(),
      stream_info_commands(),
      stream_pending_commands(),
      stream_range_commands(),
      stream_read_commands(),
      string_commands(),
      string_multi_commands(),
      string_number_commands(),
      string_range_commands(),
      persistence_commands(),
      server_commands(),
      transaction_commands(),
  };
}

}  // namespace duplex::commands
