// Directives about the process and about what it keeps: keyspace, log, snapshots, statistics.
#include "server/config_special.h"
#include "server/config_table.h"

namespace duplex::server {

namespace {

constexpr std::int64_t int_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

constexpr std::string_view levels[] = {"debug", "verbose", "notice", "warning", "nothing"};
constexpr std::string_view pubsub_defaults[] = {"resetchannels", "allchannels"};
constexpr std::string_view no_yes_local[] = {"no", "yes", "local"};
constexpr std::string_view fsync_policies[] = {"everysec", "always", "no"};
constexpr std::string_view eviction_policies[] = {"volatile-lru",
                                                  "volatile-lfu",
                                                  "volatile-random",
                                                  "volatile-ttl",
                                                  "allkeys-lru",
                                                  "allkeys-lfu",
                                                  "allkeys-random",
                                                  "noeviction"};

constexpr Directive process[] = {
    yes_no<&Config::daemonize>("daemonize", fixed),
    text<&Config::pidfile>("pidfile", fixed),
    text<&Config::logfile>("logfile", fixed),
    choice<&Config::loglevel>("loglevel", levels),
    {.name = "dir",
     .shape = {.kind = Kind::text},
     .write = write_dir,
     .read = read_member<&Config::dir>,
     .lines = single_line,
     .flags = guarded | owned},
    yes_no<&Config::set_proc_title>("set-proc-title", fixed),
    text<&Config::proc_title_template>("proc-title-template", 0, check_title_template),
    {.name = "hz",
     .shape = {.kind = Kind::integer, .min = 0, .max = int_max},
     .write = write_hz,
     .read = read_member<&Config::hz>,
     .lines = single_line},
    integer<&Config::shutdown_timeout_s>("shutdown-timeout", 0, int_max),
    yes_no<&Config::always_show_logo>("always-show-logo", fixed),
    text<&Config::requirepass>("requirepass", sensitive),
    {.name = "rename-command",
     .shape = {.kind = Kind::special},
     .write = write_renamed,
     .read = read_renamed,
     .lines = renamed_lines,
     .flags = file_only},
    {.name = "user",
     .shape = {.kind = Kind::special},
     .write = write_user,
     .read = read_renamed,
     .lines = user_lines,
     .flags = file_only | sensitive},
    text<&Config::aclfile>("aclfile", fixed),
    integer<&Config::acllog_max_len>("acllog-max-len", 0, long_max),
    choice<&Config::acl_pubsub_default>("acl-pubsub-default", pubsub_defaults),
    choice<&Config::enable_debug_command>("enable-debug-command", no_yes_local, fixed),
    choice<&Config::enable_protected_configs>("enable-protected-configs", no_yes_local, fixed),
    integer<&Config::slowlog_log_slower_than_us>("slowlog-log-slower-than", -1, long_max)
        .also("commandlog-execution-slower-than"),
    integer<&Config::slowlog_max_len>("slowlog-max-len", 0, long_max)
        .also("commandlog-slow-execution-max-len"),
    integer<&Config::commandlog_request_larger_than>(
        "commandlog-request-larger-than", -1, long_max),
    integer<&Config::commandlog_large_request_max_len>(
        "commandlog-large-request-max-len", 0, long_max),
    integer<&Config::commandlog_reply_larger_than>("commandlog-reply-larger-than", -1, long_max),
    integer<&Config::commandlog_large_reply_max_len>("commandlog-large-reply-max-len", 0, long_max),
    integer<&Config::latency_monitor_threshold_ms>("latency-monitor-threshold", 0, long_max),
    yes_no<&Config::latency_tracking>("latency-tracking"),
    {.name = "latency-tracking-info-percentiles",
     .shape = {.kind = Kind::special},
     .write = write_percentiles,
     .read = read_percentiles,
     .lines = single_line,
     .flags = several},
    integer<&Config::busy_reply_threshold_ms>("busy-reply-threshold", 0, long_max)
        .also("lua-time-limit"),
};

constexpr Directive data[] = {
    yes_no<&Config::appendonly>("appendonly", owned),
    choice<&Config::appendfsync>("appendfsync", fsync_policies),
    text<&Config::appenddirname>("appenddirname", fixed, check_appenddirname),
    text<&Config::appendfilename>("appendfilename", fixed, check_appendfilename),
    yes_no<&Config::aof_load_truncated>("aof-load-truncated"),
    yes_no<&Config::aof_use_rdb_preamble>("aof-use-rdb-preamble"),
    yes_no<&Config::aof_timestamp_enabled>("aof-timestamp-enabled"),
    integer<&Config::auto_aof_rewrite_percentage>("auto-aof-rewrite-percentage", 0, int_max),
    memory<&Config::auto_aof_rewrite_min_size>("auto-aof-rewrite-min-size", 0),
    {.name = "save",
     .shape = {.kind = Kind::special},
     .write = write_save,
     .read = read_save,
     .lines = save_lines,
     .flags = several},
    text<&Config::dbfilename>("dbfilename", guarded, check_dbfilename),
    yes_no<&Config::rdbcompression>("rdbcompression"),
    integer<&Config::rdb_compat_version>("rdb-compat-version", 9, 12),
    yes_no<&Config::rdbchecksum>("rdbchecksum", fixed),
    yes_no<&Config::stop_writes_on_bgsave_error>("stop-writes-on-bgsave-error"),
    yes_no<&Config::rdb_save_incremental_fsync>("rdb-save-incremental-fsync"),
    yes_no<&Config::aof_rewrite_incremental_fsync>("aof-rewrite-incremental-fsync"),
    integer<&Config::databases>("databases", 1, int_max, fixed),
    memory<&Config::maxmemory>("maxmemory", 0),
    choice<&Config::maxmemory_policy>("maxmemory-policy", eviction_policies),
    integer<&Config::maxmemory_samples>("maxmemory-samples", 1, int_max),
    integer<&Config::maxmemory_eviction_tenacity>("maxmemory-eviction-tenacity", 0, 100),
    integer<&Config::lfu_log_factor>("lfu-log-factor", 0, int_max),
    integer<&Config::lfu_decay_time>("lfu-decay-time", 0, int_max),
    integer<&Config::active_expire_effort>("active-expire-effort", 1, 10),
    yes_no<&Config::lazyfree_lazy_eviction>("lazyfree-lazy-eviction"),
    yes_no<&Config::lazyfree_lazy_expire>("lazyfree-lazy-expire"),
    yes_no<&Config::lazyfree_lazy_server_del>("lazyfree-lazy-server-del"),
    yes_no<&Config::lazyfree_lazy_user_del>("lazyfree-lazy-user-del"),
    yes_no<&Config::lazyfree_lazy_user_flush>("lazyfree-lazy-user-flush"),
    integer<&Config::hash_max_listpack_entries>("hash-max-listpack-entries", 0, long_max)
        .also("hash-max-ziplist-entries"),
    memory<&Config::hash_max_listpack_value>("hash-max-listpack-value", 0)
        .also("hash-max-ziplist-value"),
    integer<&Config::list_max_listpack_size>("list-max-listpack-size", int_min, int_max)
        .also("list-max-ziplist-size"),
    integer<&Config::list_compress_depth>("list-compress-depth", 0, int_max),
    integer<&Config::set_max_intset_entries>("set-max-intset-entries", 0, long_max),
    integer<&Config::set_max_listpack_entries>("set-max-listpack-entries", 0, long_max),
    memory<&Config::set_max_listpack_value>("set-max-listpack-value", 0),
    integer<&Config::zset_max_listpack_entries>("zset-max-listpack-entries", 0, long_max)
        .also("zset-max-ziplist-entries"),
    memory<&Config::zset_max_listpack_value>("zset-max-listpack-value", 0)
        .also("zset-max-ziplist-value"),
    memory<&Config::hll_sparse_max_bytes>("hll-sparse-max-bytes", 0),
    memory<&Config::stream_node_max_bytes>("stream-node-max-bytes", 0),
    integer<&Config::stream_node_max_entries>("stream-node-max-entries", 0, long_max),
    yes_no<&Config::import_mode>("import-mode"),
    {.name = "notify-keyspace-events",
     .shape = {.kind = Kind::text},
     .write = write_events,
     .read = read_member<&Config::notify_keyspace_events>,
     .lines = single_line},
};

}  // namespace

std::span<const Directive> process_directives() {
  return process;
}
std::span<const Directive> data_directives() {
  return data;
}

}  // namespace duplex::server
