// Directives of Redis 7.2 and Valkey 8 that change nothing here.
//
// Existing files contain them and client tools read them, so they are checked, kept and shown with
// the defaults that Redis has; the server log names each one that a file sets.
#include "server/config_special.h"
#include "server/config_table.h"

namespace duplex::server {

namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t uint_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

constexpr Directive accepted(std::string_view name,
                             std::string_view initial,
                             Shape shape,
                             unsigned flags = 0) {
  return {.name = name,
          .shape = shape,
          .write = write_accepted,
          .read = read_accepted,
          .lines = single_line,
          .flags = flags | no_effect,
          .initial = initial};
}
constexpr Directive yes(std::string_view name, unsigned flags = 0) {
  return accepted(name, "yes", {.kind = Kind::yes_no}, flags);
}
constexpr Directive no(std::string_view name, unsigned flags = 0) {
  return accepted(name, "no", {.kind = Kind::yes_no}, flags);
}
constexpr Directive number(std::string_view name,
                           std::string_view initial,
                           std::int64_t min,
                           std::int64_t max,
                           unsigned flags = 0) {
  return accepted(name, initial, {.kind = Kind::integer, .min = min, .max = max}, flags);
}
constexpr Directive bytes(std::string_view name, std::string_view initial, std::int64_t min) {
  return accepted(name, initial, {.kind = Kind::memory, .min = min, .max = long_max});
}
constexpr Directive one_of(std::string_view name,
                           std::string_view initial,
                           std::span<const std::string_view> choices,
                           unsigned flags = 0) {
  return accepted(name, initial, {.kind = Kind::choice, .choices = choices}, flags);
}
constexpr Directive free_text(std::string_view name,
                              std::string_view initial = "",
                              unsigned flags = 0,
                              TextCheck check = nullptr) {
  return accepted(name, initial, {.kind = Kind::text, .check = check}, flags);
}
constexpr Directive list(std::string_view name, std::string_view initial, unsigned flags) {
  return accepted(name, initial, {.kind = Kind::words}, flags | several);
}

constexpr std::string_view no_yes_local[] = {"no", "yes", "local"};
constexpr std::string_view no_yes_clients[] = {"no", "yes", "clients"};
constexpr std::string_view oom_modes[] = {"no", "yes", "relative", "absolute"};
constexpr std::string_view diskless_loads[] = {"disabled", "on-empty-db", "swapdb"};
constexpr std::string_view endpoint_types[] = {"ip", "hostname", "unknown-endpoint"};
constexpr std::string_view error_behaviors[] = {"ignore", "panic", "panic-on-replicas"};
constexpr std::string_view supervisors[] = {"upstart", "systemd", "auto", "no"};
constexpr std::string_view shutdown_options[] = {"default", "save", "nosave", "now", "force"};
constexpr std::string_view log_formats[] = {"legacy", "logfmt"};
constexpr std::string_view log_times[] = {"legacy", "iso8601", "milliseconds"};
constexpr std::string_view version_checks[] = {"strict", "relaxed"};
constexpr std::string_view facilities[] = {
    "user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};
constexpr Shape shutdown_shape = {
    .kind = Kind::choices, .choices = shutdown_options, .check = check_shutdown_options};

constexpr Directive rows[] = {
    // Replication.
    list("replicaof", "", fixed).also("slaveof"),
    free_text("masterauth", "", sensitive).also("primaryauth"),
    free_text("masteruser").also("primaryuser"),
    yes("replica-serve-stale-data").also("slave-serve-stale-data"),
    yes("replica-read-only").also("slave-read-only"),
    yes("replica-ignore-maxmemory").also("slave-ignore-maxmemory"),
    no("replica-lazy-flush").also("slave-lazy-flush"),
    no("replica-ignore-disk-write-errors"),
    yes("replica-announced"),
    free_text("replica-announce-ip").also("slave-announce-ip"),
    number("replica-announce-port", "0", 0, 65535).also("slave-announce-port"),
    number("replica-priority", "100", 0, int_max).also("slave-priority"),
    number("min-replicas-to-write", "0", 0, int_max).also("min-slaves-to-write"),
    number("min-replicas-max-lag", "10", 0, int_max).also("min-slaves-max-lag"),
    bytes("repl-backlog-size", "1048576", 1),
    number("repl-backlog-ttl", "3600", 0, long_max),
    number("repl-ping-replica-period", "10", 1, int_max).also("repl-ping-slave-period"),
    number("repl-timeout", "60", 1, int_max),
    no("repl-disable-tcp-nodelay"),
    yes("repl-diskless-sync"),
    number("repl-diskless-sync-delay", "5", 0, int_max),
    number("repl-diskless-sync-max-replicas", "0", 0, int_max),
    one_of("repl-diskless-load", "disabled", diskless_loads),
    no("repl-mptcp", fixed),
    no("dual-channel-replication-enabled"),
    no("rdb-del-sync-files"),
    one_of("propagation-error-behavior", "ignore", error_behaviors),

    // Cluster.
    no("cluster-enabled", fixed),
    free_text("cluster-config-file", "nodes.conf", fixed),
    number("cluster-port", "0", 0, 65535, fixed),
    number("cluster-node-timeout", "15000", 0, long_max),
    number("cluster-migration-barrier", "1", 0, int_max),
    number("cluster-replica-validity-factor", "10", 0, int_max)
        .also("cluster-slave-validity-factor"),
    no("cluster-replica-no-failover").also("cluster-slave-no-failover"),
    yes("cluster-require-full-coverage"),
    yes("cluster-allow-replica-migration"),
    yes("cluster-allow-pubsubshard-when-down"),
    no("cluster-allow-reads-when-down"),
    bytes("cluster-link-sendbuf-limit", "0", 0),
    free_text("cluster-announce-ip"),
    free_text("cluster-announce-client-ipv4"),
    free_text("cluster-announce-client-ipv6"),
    free_text("cluster-announce-hostname", "", 0, check_hostname),
    free_text("cluster-announce-human-nodename", "", 0, check_hostname),
    number("cluster-announce-port", "0", 0, 65535),
    number("cluster-announce-bus-port", "0", 0, 65535),
    number("cluster-announce-tls-port", "0", 0, 65535),
    one_of("cluster-preferred-endpoint-type", "ip", endpoint_types),
    number("cluster-blacklist-ttl", "60", 0, uint_max),
    number("cluster-ping-interval", "1000", 1, int_max),
    number("cluster-manual-failover-timeout", "5000", 1, int_max),
    no("cluster-slot-stats-enabled"),
    free_text("availability-zone"),

    // TLS as a client, which this server never is.
    free_text("tls-client-cert-file"),
    free_text("tls-client-key-file"),
    free_text("tls-client-key-file-pass", "", sensitive),
    no("tls-replication"),
    no("tls-cluster"),
    number("max-new-tls-connections-per-cycle", "1", 1, 1000),

    // How Redis does its work.
    yes("activerehashing"),
    no("activedefrag"),
    bytes("active-defrag-ignore-bytes", "104857600", 1),
    number("active-defrag-threshold-lower", "10", 0, 1000),
    number("active-defrag-threshold-upper", "100", 0, 1000),
    number("active-defrag-cycle-min", "1", 1, 99),
    number("active-defrag-cycle-max", "25", 1, 99),
    number("active-defrag-cycle-us", "500", 0, 100000),
    number("active-defrag-max-scan-fields", "1000", 1, long_max),
    yes("dynamic-hz"),
    yes("jemalloc-bg-thread"),
    no("io-threads-do-reads", fixed),
    number("events-per-io-thread", "2", 0, int_max),
    number("prefetch-batch-size", "16", 0, 128),
    number("max-new-connections-per-cycle", "10", 1, 1000),
    no("no-appendfsync-on-rewrite"),
    no("aof-disable-auto-gc"),
    one_of("rdb-version-check", "strict", version_checks),
    one_of("sanitize-dump-payload", "no", no_yes_clients),
    one_of("enable-module-command", "no", no_yes_local, fixed),
    list("loadmodule", "", file_only),
    no("extended-redis-compatibility"),
    no("hide-user-data-from-log"),
    no("lua-enable-insecure-api").also("lua-enable-deprecated-api"),

    // The machine around it.
    free_text("bind-source-addr"),
    number("socket-mark-id", "0", 0, uint_max, fixed),
    free_text("unixsocketgroup", "", fixed),
    no("mptcp", fixed),
    one_of("supervised", "no", supervisors, fixed),
    no("syslog-enabled", fixed),
    free_text("syslog-ident", "redis", fixed),
    one_of("syslog-facility", "local0", facilities, fixed),
    one_of("log-format", "legacy", log_formats),
    one_of("log-timestamp-format", "legacy", log_times),
    yes("crash-log-enabled"),
    yes("crash-memcheck-enabled"),
    no("use-exit-on-panic"),
    accepted("shutdown-on-sigint", "default", shutdown_shape, several),
    accepted("shutdown-on-sigterm", "default", shutdown_shape, several),
    one_of("oom-score-adj", "no", oom_modes),
    {.name = "oom-score-adj-values",
     .shape = {.kind = Kind::special},
     .write = write_oom_scores,
     .read = read_accepted,
     .lines = single_line,
     .flags = no_effect | several,
     .initial = "0 200 800"},
    yes("disable-thp", fixed),
    free_text("server_cpulist", "", fixed).also("server-cpulist"),
    free_text("bio_cpulist", "", fixed).also("bio-cpulist"),
    free_text("aof_rewrite_cpulist", "", fixed).also("aof-rewrite-cpulist"),
    free_text("bgsave_cpulist", "", fixed).also("bgsave-cpulist"),
    list("ignore-warnings", "", 0),
    free_text("locale-collate"),
};

}  // namespace

std::span<const Directive> accepted_directives() {
  return rows;
}

}  // namespace duplex::server
