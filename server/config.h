// What the operator can set, as plain values with their defaults.
//
// Names, kinds and limits of the directives are in the table (server/config_table.h); reading files
// and the command line is in server/config_loader.h, changes at run time in server/config_store.h.
#pragma once

#include "base/diagnostics.h"
#include "commands/eviction.h"
#include "realtime/channel_rule.h"
#include "realtime/event_routes.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace duplex::server {

// In the order of the words that the directives take (server/config_table_*.cc).
enum class AppendFsync : std::uint8_t { everysec, always, no };
enum class IoBackend : std::uint8_t { automatic, uring, epoll };
enum class DebugCommand : std::uint8_t { no, yes, local };
enum class AuthClients : std::uint8_t { no, yes, optional };
enum class Supervised : std::uint8_t { upstart, systemd, automatic, no };
enum class OomScoreAdj : std::uint8_t { no, yes, relative, absolute };

// `save <seconds> <changes>`: a snapshot is due when both are reached.
struct SavePoint {
  std::int64_t seconds;
  std::int64_t changes;
  bool operator==(const SavePoint&) const = default;
};

// One class of client-output-buffer-limit; 0 means no limit.
struct OutputLimit {
  std::int64_t hard_bytes;
  std::int64_t soft_bytes;
  std::int64_t soft_seconds;
  bool operator==(const OutputLimit&) const = default;
};
enum OutputClass : std::uint8_t { normal_output, replica_output, pubsub_output, output_classes };

// `rt-rpc <method> <stream>`: calls of browsers that go to a stream.
struct RpcRoute {
  std::string methods;  // a glob
  std::string stream;
  bool operator==(const RpcRoute&) const = default;
};

// `user <name> <rules>`.
struct UserLine {
  std::string name;
  std::vector<std::string> rules;
  bool operator==(const UserLine&) const = default;
};

// The channels that a user may use when it is made.
enum class PubsubDefault : std::uint8_t { resetchannels, allchannels };

// One less than the number of cores, at least 1 and at most 8.
std::int64_t default_io_threads();

// Thread: a value; the server shares immutable copies (ConfigStore::snapshot).
struct Config {
  // Network.
  std::vector<std::string> bind = {"*", "-::*"};
  std::int64_t port = 6379;
  std::int64_t tcp_backlog = 511;
  std::string unixsocket;
  std::int64_t unixsocketperm = 0;
  std::string unixsocketgroup;
  std::int64_t timeout_s = 0;
  std::int64_t tcp_keepalive_s = 300;
  std::int64_t maxclients = 10000;
  bool protected_mode = true;
  std::int64_t io_threads = default_io_threads();
  IoBackend io_backend = IoBackend::automatic;
  std::int64_t proto_max_bulk_len = std::int64_t{512} << 20;
  std::int64_t client_query_buffer_limit = std::int64_t{1} << 30;
  std::array<OutputLimit, output_classes> client_output_buffer_limit = {
      {{0, 0, 0}, {256 << 20, 64 << 20, 60}, {32 << 20, 8 << 20, 60}}};
  std::int64_t maxmemory_clients = 0;  // below 0: percent of maxmemory
  std::int64_t tracking_table_max_keys = 1'000'000;

  // TLS.
  std::int64_t tls_port = 0;
  std::int64_t http_tls_port = 0;
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_key_file_pass;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  std::string tls_dh_params_file;
  AuthClients tls_auth_clients = AuthClients::yes;
  AuthClients http_tls_auth_clients = AuthClients::no;
  std::string tls_protocols;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
  bool tls_prefer_server_ciphers = false;
  bool tls_session_caching = true;
  std::int64_t tls_session_cache_size = 20480;
  std::int64_t tls_session_cache_timeout_s = 300;
  std::int64_t tls_handshake_timeout_s = 10;

  // Browsers.
  std::int64_t http_port = 8080;
  std::vector<std::string> http_bind = {"127.0.0.1", "-::1"};
  std::int64_t http_header_limit = 8 << 10;
  std::int64_t http_body_limit = 1 << 20;
  std::int64_t http_timeout_s = 30;
  std::int64_t http_maxclients = 10000;
  std::vector<std::string> rt_origins;  // empty: the page's own host only
  std::vector<realtime::ChannelRule> channels;
  std::string rt_jwks_file;  // under `dir` if it is relative
  std::string rt_token_hmac_secret;
  std::string rt_token_audience;
  std::string rt_token_issuer;
  std::int64_t rt_connections_per_address = 100;
  std::int64_t rt_connections_per_user = 20;
  std::int64_t rt_connects_per_second = 20;  // of one address; twice as many at once
  bool rt_limit_loopback = false;
  std::int64_t ws_message_limit = 64 << 10;
  std::int64_t ws_connect_timeout_s = 10;
  std::int64_t ws_ping_interval_s = 25;
  std::int64_t ws_pong_timeout_s = 8;
  std::int64_t ws_channels_limit = 128;
  std::int64_t ws_channel_name_limit = 255;
  std::int64_t ws_output_limit = 1 << 20;
  std::vector<RpcRoute> rpc_routes;
  std::int64_t presence_leave_delay_ms = 5000;
  bool ws_compression = false;
  std::vector<std::string> http_api_key;  // of programs that use /api; none: nobody may
  std::string admin_token;                // of the dashboard; empty: its door is closed
  bool http_rest = false;                 // commands over HTTP
  std::vector<std::pair<std::string, std::string>> rest_tokens;  // token, ACL user
  std::string sio_path = "/socket.io/";
  std::vector<std::string> sio_namespaces = {"/"};
  std::int64_t sio_ping_interval_ms = 25'000;
  std::int64_t sio_ping_timeout_ms = 20'000;
  std::int64_t sio_connect_timeout_ms = 45'000;  // to join a namespace
  std::int64_t sio_upgrade_timeout_ms = 10'000;
  std::int64_t sio_max_payload = 1'000'000;
  std::vector<realtime::EventRoute> sio_routes;
  std::vector<realtime::EventBridge> sio_bridges;
  std::string sio_adapter_prefix = "socket.io";  // of the channels of other servers' adapters
  std::string sio_adapter_stream = "socket.io";
  std::int64_t sio_adapter_stream_count = 1;
  bool demo = false;                   // the checkboxes at /demo
  bool conformance_endpoints = false;  // /echo, /engine.io/; not on a public address

  // The process.
  bool daemonize = false;
  std::string pidfile;
  std::string logfile;
  base::LogLevel loglevel = base::LogLevel::notice;
  base::LogFormat log_format = base::LogFormat::legacy;
  base::LogTimestamps log_timestamp_format = base::LogTimestamps::legacy;
  bool syslog_enabled = false;
  std::string syslog_ident = "redis";
  base::SyslogFacility syslog_facility = base::SyslogFacility::local0;
  std::string dir;  // always absolute; the loader starts from the working directory
  bool set_proc_title = true;
  std::string proc_title_template = "{title} {listen-addr} {server-mode}";
  std::int64_t hz = 10;
  std::int64_t shutdown_timeout_s = 10;
  std::string shutdown_on_sigint = "default";
  std::string shutdown_on_sigterm = "default";
  Supervised supervised = Supervised::no;
  OomScoreAdj oom_score_adj = OomScoreAdj::no;
  std::array<std::int64_t, 3> oom_score_adj_values = {0, 200, 800};
  std::string server_cpulist;  // of the event loops
  std::string bio_cpulist;     // of what writes the log and frees memory
  std::string aof_rewrite_cpulist;
  std::string bgsave_cpulist;

  // Who may do what.
  std::string requirepass;
  std::string aclfile;  // under `dir` if it is relative
  std::vector<UserLine> users;
  std::int64_t acllog_max_len = 128;
  PubsubDefault acl_pubsub_default = PubsubDefault::resetchannels;
  std::vector<std::pair<std::string, std::string>> renamed_commands;  // to "": switched off
  DebugCommand enable_debug_command = DebugCommand::no;
  DebugCommand enable_protected_configs = DebugCommand::no;

  // The log and snapshots.
  bool appendonly = false;
  AppendFsync appendfsync = AppendFsync::everysec;
  std::string appenddirname = "appendonlydir";
  std::string appendfilename = "appendonly.aof";
  bool aof_load_truncated = true;
  bool aof_use_rdb_preamble = true;
  bool aof_timestamp_enabled = false;
  std::int64_t auto_aof_rewrite_percentage = 100;
  std::int64_t auto_aof_rewrite_min_size = 64 << 20;
  std::vector<SavePoint> save = {{3600, 1}, {300, 100}, {60, 10000}};
  std::string dbfilename = "dump.rdb";
  bool rdbcompression = true;
  std::int64_t rdb_compat_version = 10;
  bool rdbchecksum = true;
  bool stop_writes_on_bgsave_error = true;
  bool rdb_save_incremental_fsync = true;
  bool aof_rewrite_incremental_fsync = true;

  // The keyspace.
  std::int64_t databases = 16;
  std::int64_t maxmemory = 0;
  commands::EvictionPolicy maxmemory_policy = commands::EvictionPolicy::noeviction;
  std::int64_t maxmemory_samples = 5;
  std::int64_t maxmemory_eviction_tenacity = 10;
  std::int64_t lfu_log_factor = 10;
  std::int64_t lfu_decay_time = 1;
  std::int64_t active_expire_effort = 1;
  std::int64_t hash_max_listpack_entries = 512;
  std::int64_t hash_max_listpack_value = 64;
  std::int64_t list_max_listpack_size = -2;
  std::int64_t list_compress_depth = 0;
  std::int64_t set_max_intset_entries = 512;
  std::int64_t set_max_listpack_entries = 128;
  std::int64_t set_max_listpack_value = 64;
  std::int64_t zset_max_listpack_entries = 128;
  std::int64_t zset_max_listpack_value = 64;
  std::int64_t hll_sparse_max_bytes = 3000;
  std::int64_t stream_node_max_bytes = 4096;
  std::int64_t stream_node_max_entries = 100;
  bool import_mode = false;
  std::string notify_keyspace_events;  // canonical: "AKE"

  // Watching.
  std::int64_t slowlog_log_slower_than_us = 10000;
  std::int64_t slowlog_max_len = 128;
  std::int64_t commandlog_request_larger_than = 1 << 20;
  std::int64_t commandlog_large_request_max_len = 128;
  std::int64_t commandlog_reply_larger_than = 1 << 20;
  std::int64_t commandlog_large_reply_max_len = 128;
  std::int64_t latency_monitor_threshold_ms = 0;
  bool latency_tracking = true;
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};
  std::int64_t busy_reply_threshold_ms = 5000;

  // Directives of Redis and Valkey that mean nothing here, where someone has set them.
  std::map<std::string, std::string, std::less<>> accepted;
};

}  // namespace duplex::server
