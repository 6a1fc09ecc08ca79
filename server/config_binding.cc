// From the configuration to the switches that the rooms read.
#include "server/config_binding.h"

#include "store/packed_limits.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace duplex::server {

namespace {

using commands::Event;

std::uint16_t bit(Event event) {
  return static_cast<std::uint16_t>(event);
}

// The canonical letters of notify-keyspace-events.
std::uint16_t event_bits(std::string_view letters) {
  const auto all = static_cast<std::uint16_t>(
      bit(Event::generic) | bit(Event::string) | bit(Event::list) | bit(Event::set) |
      bit(Event::hash) | bit(Event::sorted_set) | bit(Event::expired) | bit(Event::evicted) |
      bit(Event::stream) | bit(Event::module));
  std::uint16_t bits = 0;
  for (const char letter : letters) {
    switch (letter) {
      case 'A':
        bits |= all;
        break;
      case 'K':
        bits |= bit(Event::keyspace);
        break;
      case 'E':
        bits |= bit(Event::keyevent);
        break;
      case 'g':
        bits |= bit(Event::generic);
        break;
      case '$':
        bits |= bit(Event::string);
        break;
      case 'l':
        bits |= bit(Event::list);
        break;
      case 's':
        bits |= bit(Event::set);
        break;
      case 'h':
        bits |= bit(Event::hash);
        break;
      case 'z':
        bits |= bit(Event::sorted_set);
        break;
      case 'x':
        bits |= bit(Event::expired);
        break;
      case 'e':
        bits |= bit(Event::evicted);
        break;
      case 't':
        bits |= bit(Event::stream);
        break;
      case 'm':
        bits |= bit(Event::key_miss);
        break;
      case 'd':
        bits |= bit(Event::module);
        break;
      case 'n':
        bits |= bit(Event::created);
        break;
      default:
        break;
    }
  }
  return bits;
}

void apply_packed_limits(const Config& config, store::PackedLimits& limits) {
  constexpr auto relaxed = std::memory_order_relaxed;
  limits.hash_entries.store(config.hash_max_listpack_entries, relaxed);
  limits.hash_value.store(config.hash_max_listpack_value, relaxed);
  limits.list_size.store(config.list_max_listpack_size, relaxed);
  limits.list_compress_depth.store(config.list_compress_depth, relaxed);
  limits.set_intset_entries.store(config.set_max_intset_entries, relaxed);
  limits.set_listpack_entries.store(config.set_max_listpack_entries, relaxed);
  limits.set_listpack_value.store(config.set_max_listpack_value, relaxed);
  limits.zset_entries.store(config.zset_max_listpack_entries, relaxed);
  limits.zset_value.store(config.zset_max_listpack_value, relaxed);
  limits.stream_node_bytes.store(config.stream_node_max_bytes, relaxed);
  limits.stream_node_entries.store(config.stream_node_max_entries, relaxed);
  limits.hll_sparse_bytes.store(config.hll_sparse_max_bytes, relaxed);
}

// maxmemory-clients in bytes; 0: no limit.
std::size_t client_bytes_max(const Config& config) {
  // With less, no client could ask for the limit to be raised.
  constexpr std::int64_t smallest = 128 << 10;
  std::int64_t bytes = config.maxmemory_clients;
  if (bytes < 0)
    bytes = static_cast<std::int64_t>(static_cast<double>(config.maxmemory) *
                                      static_cast<double>(-bytes) / 100);
  return bytes == 0 ? 0 : static_cast<std::size_t>(std::max(bytes, smallest));
}

void apply_output_limit(const OutputLimit& from, net::OutputLimit& to) {
  to.hard_bytes.store(static_cast<std::size_t>(from.hard_bytes), std::memory_order_relaxed);
  to.soft_bytes.store(static_cast<std::size_t>(from.soft_bytes), std::memory_order_relaxed);
  to.soft_seconds.store(from.soft_seconds, std::memory_order_relaxed);
}

}  // namespace

void apply_settings(const Config& config, commands::Settings& settings) {
  settings.busy_threshold_ms.store(config.busy_reply_threshold_ms, std::memory_order_relaxed);
  settings.bulk_bytes_max.store(config.proto_max_bulk_len, std::memory_order_relaxed);
  settings.memory_bytes_max.store(static_cast<std::uint64_t>(config.maxmemory),
                                  std::memory_order_relaxed);
  settings.eviction_policy.store(config.maxmemory_policy, std::memory_order_relaxed);
  settings.eviction_samples.store(config.maxmemory_samples, std::memory_order_relaxed);
  settings.lfu_log_factor.store(config.lfu_log_factor, std::memory_order_relaxed);
  settings.lfu_decay_minutes.store(config.lfu_decay_time, std::memory_order_relaxed);
  settings.tracks_latency.store(config.latency_tracking, std::memory_order_relaxed);
  settings.tracked_keys_max.store(static_cast<std::size_t>(config.tracking_table_max_keys),
                                  std::memory_order_relaxed);
  settings.import_mode.store(config.import_mode, std::memory_order_relaxed);
  settings.events.store(event_bits(config.notify_keyspace_events), std::memory_order_relaxed);
  apply_packed_limits(config, store::packed_limits());
}

void apply_observation(const Config& config, commands::Observation& observation) {
  const auto limits = [](std::int64_t threshold, std::int64_t length) {
    return commands::CommandLogLimits{threshold, static_cast<std::size_t>(length)};
  };
  observation.configure(
      {.logs = {limits(config.slowlog_log_slower_than_us, config.slowlog_max_len),
                limits(config.commandlog_request_larger_than,
                       config.commandlog_large_request_max_len),
                limits(config.commandlog_reply_larger_than, config.commandlog_large_reply_max_len)},
       .latency_threshold_ms = config.latency_monitor_threshold_ms});
}

void apply_users(const Config& config, commands::acl::Users& users) {
  users.log().set_length_max(static_cast<std::size_t>(config.acllog_max_len));
  users.set_all_channels_at_first(config.acl_pubsub_default == PubsubDefault::allchannels);
}

void apply_limits(const Config& config, net::SessionLimits& limits) {
  limits.clients_max.store(static_cast<std::size_t>(config.maxclients), std::memory_order_relaxed);
  limits.protected_mode.store(config.protected_mode, std::memory_order_relaxed);
  limits.idle_seconds_max.store(config.timeout_s, std::memory_order_relaxed);
  limits.query_buffer_bytes_max.store(static_cast<std::size_t>(config.client_query_buffer_limit),
                                      std::memory_order_relaxed);
  limits.client_bytes_max.store(client_bytes_max(config), std::memory_order_relaxed);
  apply_output_limit(config.client_output_buffer_limit[normal_output], limits.normal);
  apply_output_limit(config.client_output_buffer_limit[pubsub_output], limits.pubsub);
}

aof::FsyncPolicy fsync_policy(AppendFsync word) {
  switch (word) {
    case AppendFsync::always:
      return aof::FsyncPolicy::always;
    case AppendFsync::no:
      return aof::FsyncPolicy::no;
    case AppendFsync::everysec:
      break;
  }
  return aof::FsyncPolicy::everysec;
}

}  // namespace duplex::server
