// The whole server: how its parts are put together, started and stopped.
#include "server/server.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/memory.h"
#include "net/migration_sender.h"
#include "net/resp_session.h"
#include "server/all_commands.h"
#include "server/config_binding.h"
#include "server/config_table.h"
#include "server/loader.h"
#include "server/process.h"
#include "server/version.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <utility>

namespace duplex::server {

namespace {

constexpr std::chrono::milliseconds sample_interval{500};
// How soon a new file of keys is noticed.
constexpr std::chrono::seconds key_check_interval{5};

net::BackendChoice backend_choice(IoBackend word) {
  switch (word) {
    case IoBackend::uring:
      return net::BackendChoice::uring;
    case IoBackend::epoll:
      return net::BackendChoice::epoll;
    case IoBackend::automatic:
      break;
  }
  return net::BackendChoice::automatic;
}

// Absolute, or empty.
std::string acl_file(const Config& config) {
  if (config.aclfile.empty()) return {};
  return (std::filesystem::path(config.dir) / config.aclfile).lexically_normal().string();
}

}  // namespace

Server::Server(LoadedConfig config)
    : config_(std::move(config)),
      table_(all_families()),
      users_(table_),
      acl_storage_(users_, acl_file(*config_.snapshot())),
      keyspace_(static_cast<int>(config_.snapshot()->databases)),
      loop_count_(static_cast<std::size_t>(config_.snapshot()->io_threads)),
      hub_(loop_count_ + 1),
      tracking_(loop_count_ + 1),
      log_sink_(current_log_),
      log_switch_({.config = config_,
                   .sink = log_sink_,
                   .current = current_log_,
                   .on_progress = [this] { log_progressed(); },
                   .keep_for_a_pass =
                       [this](const std::shared_ptr<const void>& kept) { keep_for_a_pass(kept); }}),
      persistence_({.config = config_,
                    .keyspace = keyspace_,
                    .reclaimer = reclaimer_,
                    .scripts = scripts_,
                    .log_sink = log_sink_,
                    .log_switch = log_switch_,
                    .log = current_log_,
                    .snapshot_is_behind = settings_.snapshot_is_behind}),
      observation_(loop_count_ + 1),
      statistics_([this] {
        std::vector<std::unique_ptr<commands::LoopStatistics>> statistics;
        for (std::size_t i = 0; i <= loop_count_; ++i)
          statistics.push_back(std::make_unique<commands::LoopStatistics>(table_.all().size()));
        return statistics;
      }()),
      channels_(realtime::ChannelRules(config_.snapshot()->channels),
                base::wall_ms(),
                config_.snapshot()->appendonly),
      services_{.table = table_,
                .keyspace = keyspace_,
                .hub = hub_,
                .clients = clients_,
                .watchers = watchers_,
                .tracking = tracking_,
                .blocking = blocking_,
                .settings = settings_,
                .users = users_,
                .effects = log_sink_,
                .config = *this,
                .server = *this,
                .persistence = persistence_,
                .observation = observation_,
                .statistics = statistics_,
                .scripts = &scripts_,
                .history = &channels_,
                .live_keys = &channels_},
      pool_(loop_count_, backend_choice(config_.snapshot()->io_backend)),
      loops_([this] {
        std::vector<std::unique_ptr<net::CommandLoop>> loops;
        for (std::size_t i = 0; i < loop_count_; ++i)
          loops.push_back(std::make_unique<net::CommandLoop>(
              pool_.loop(i), services_, *statistics_[i], limits_, current_log_));
        return loops;
      }()),
      info_({.config = config_,
             .services = services_,
             .persistence = persistence_,
             .log = current_log_,
             .pool = pool_,
             .limits = limits_,
             .reclaimer = reclaimer_,
             .progress = progress_,
             .rates = rates_,
             .run_id = random_hex_id(),
             .started_ms = base::wall_ms(),
             .bytes_at_start = base::allocated_bytes()}),
      metrics_(info_.sources(), web_counters_),
      http_(*config_.snapshot(),
            pool_,
            loops_,
            metrics_,
            web_counters_,
            tls_contexts_,
            channels_,
            browser_keys_.keyring()),
      port_(pool_, &Config::port, sessions()),
      tls_port_(pool_, tls_contexts_, [this](net::EventLoop& loop, net::Descriptor descriptor) {
        const TlsContexts::Context context = tls_contexts_.clients();
        if (context)
          net::RespSession::start(*loops_[loop.index()], std::move(descriptor), context.get());
      }) {
  const auto problem = rename_commands(table_, config_.snapshot()->renamed_commands);
  DUPLEX_ASSERT(!problem);  // the lines were read
  bind_config();
  tls_port_.follow(config_);
  for (const std::string_view name : {"port", "bind"})
    config_.on_change(name, [this](const Config& next) { return port_.move(next); });
  browser_keys_.follow(config_);
  pool_.loop(0).every(key_check_interval, [this] { browser_keys_.look(); });
  pool_.loop(0).every(sample_interval, [this] { sample_rates(); });
}

Server::~Server() {
  stop();
}

void Server::bind_config() {
  const auto apply = [this](const Config& next) -> Outcome {
    apply_settings(next, settings_);
    apply_observation(next, observation_);
    apply_users(next, users_);
    apply_limits(next, limits_);
    base::set_log_level(next.loglevel);
    base::set_log_format(next.log_format, next.log_timestamp_format);
    persistence_.config_changed(next);
    if (aof::Log* log = current_log_.load(std::memory_order_acquire)) {
      log->set_policy(fsync_policy(next.appendfsync));
      log->set_writes_times(next.aof_timestamp_enabled);
    }
    return {};
  };
  apply(*config_.snapshot());
  for (const std::string_view name : {"proto-max-bulk-len",
                                      "maxmemory",
                                      "busy-reply-threshold",
                                      "maxmemory-policy",
                                      "maxmemory-samples",
                                      "lfu-log-factor",
                                      "lfu-decay-time",
                                      "notify-keyspace-events",
                                      "slowlog-log-slower-than",
                                      "slowlog-max-len",
                                      "commandlog-request-larger-than",
                                      "commandlog-large-request-max-len",
                                      "commandlog-reply-larger-than",
                                      "commandlog-large-reply-max-len",
                                      "latency-monitor-threshold",
                                      "latency-tracking",
                                      "tracking-table-max-keys",
                                      "import-mode",
                                      "maxmemory-clients",
                                      "acllog-max-len",
                                      "acl-pubsub-default",
                                      "maxclients",
                                      "protected-mode",
                                      "timeout",
                                      "client-query-buffer-limit",
                                      "client-output-buffer-limit",
                                      "loglevel",
                                      "log-format",
                                      "log-timestamp-format",
                                      "appendfsync",
                                      "aof-timestamp-enabled",
                                      "save",
                                      "stop-writes-on-bgsave-error",
                                      "hash-max-listpack-entries",
                                      "hash-max-listpack-value",
                                      "list-max-listpack-size",
                                      "list-compress-depth",
                                      "set-max-intset-entries",
                                      "set-max-listpack-entries",
                                      "set-max-listpack-value",
                                      "zset-max-listpack-entries",
                                      "zset-max-listpack-value",
                                      "hll-sparse-max-bytes",
                                      "stream-node-max-bytes",
                                      "stream-node-max-entries"})
    config_.on_change(name, apply);
  for (const std::string_view name : {"oom-score-adj", "oom-score-adj-values"})
    config_.on_change(name, apply_oom_score);
  config_.on_change("proc-title-template", [this](const Config& next) -> Outcome {
    if (next.set_proc_title) set_title(process_title(next, program_name, config_.file()));
    return {};
  });
  config_.on_change("maxclients", [](const Config& next) -> Outcome {
    const std::int64_t possible = raise_descriptor_limit(next.maxclients);
    if (possible >= next.maxclients) return {};
    return std::unexpected(fmt::format(
        "The operating system is not able to handle the specified number of clients, try with {}",
        possible));
  });
  config_.on_change("appendonly", [this](const Config& next) -> Outcome {
    const auto turned = persistence_.turn_log(next.appendonly);
    if (turned) return {};
    base::log(base::LogLevel::warning, "Cannot turn on the append only file: {}", turned.error());
    return std::unexpected("Unable to turn on AOF. Check server logs.");
  });
  config_.on_change("requirepass", [this](const Config& next) -> Outcome {
    users_.set_default_password(next.requirepass);
    return {};
  });
}

std::expected<void, std::string> Server::start() {
  settings_.loading.store(true, std::memory_order_relaxed);
  if (auto loaded = acl_storage_.load_at_start(*config_.snapshot()); !loaded) return loaded;
  if (auto listening = listen(); !listening) return listening;
  {
    const CpuList cpus(config_.snapshot()->server_cpulist, "server_cpulist");
    pool_.start();
  }
  base::log(base::LogLevel::notice,
            "I/O: {} event loop{} on {} ({})",
            loop_count_,
            loop_count_ == 1 ? "" : "s",
            pool_.loop(0).backend_name(),
            pool_.loop(0).backend_reason());
  if (auto loaded = load(); !loaded) return loaded;
  persistence_.start();
  settings_.loading.store(false, std::memory_order_relaxed);
  http_.open();
  base::log(base::LogLevel::notice, "Ready to accept connections");
  return {};
}

net::SessionFactory Server::sessions() {
  return [this](net::EventLoop& loop, net::Descriptor descriptor) {
    net::RespSession::start(*loops_[loop.index()], std::move(descriptor));
  };
}

Server::Started Server::listen() {
  const auto config = config_.snapshot();
  if (auto opened = port_.open(*config); !opened) return opened;
  if (auto opened = tls_port_.open(*config); !opened) return opened;
  if (!config->unixsocket.empty()) {
    auto listener =
        net::Listener::unix_socket(pool_,
                                   {.path = config->unixsocket,
                                    .permissions = static_cast<::mode_t>(config->unixsocketperm),
                                    .group = config->unixsocketgroup,
                                    .backlog = static_cast<int>(config->tcp_backlog)},
                                   sessions());
    if (!listener) return std::unexpected(listener.error());
    unix_socket_ = std::move(*listener);
  }
  if (auto loaded = browser_keys_.load(*config); !loaded) return loaded;
  return http_.listen(*config);
}

Server::Started Server::load() {
  const auto config = config_.snapshot();
  const std::int64_t began_us = base::steady_us();
  progress_.started_ms.store(base::wall_ms(), std::memory_order_relaxed);
  pubsub::LoopSubscribers subscribers(hub_, loop_count_);
  commands::Executor executor(services_, subscribers, *statistics_[loop_count_]);
  Loader loader(services_, executor, scripts_, progress_);
  const auto seconds = [&] { return static_cast<double>(base::steady_us() - began_us) / 1e6; };
  if (!config->appendonly) {
    const std::string path = config->dir + "/" + config->dbfilename;
    if (!std::filesystem::exists(path)) return {};
    if (auto loaded = loader.load_snapshot(path); !loaded) return loaded;
    base::log(base::LogLevel::notice, "DB loaded from disk: {:.3f} seconds", seconds());
    return {};
  }
  aof::Recovered recovered;
  if (aof::has_log(recovery_options(*config))) {
    auto loaded = loader.load_log(recovery_options(*config));
    if (!loaded) return std::unexpected(loaded.error());
    recovered = std::move(*loaded);
    base::log(base::LogLevel::notice,
              "DB loaded from append only file: {:.3f} seconds, {} records",
              seconds(),
              recovered.records);
  }
  if (auto possible = log_switch_.probe(); !possible) return possible;
  // The base is complete before a manifest names it: a crash before that loads the snapshot again.
  const std::string snapshot = config->dir + "/" + config->dbfilename;
  if (recovered.manifest.empty() && std::filesystem::exists(snapshot)) {
    base::log(base::LogLevel::warning,
              "There is no append only file yet: loading {} and making it the base of a new one",
              snapshot);
    if (auto loaded = loader.load_snapshot(snapshot); !loaded) return loaded;
    auto first = persistence_.write_first_base();
    if (!first) return std::unexpected(first.error());
    recovered.manifest.base = std::move(*first);
  }
  return log_switch_.open(std::move(recovered.manifest), std::move(recovered.position));
}

void Server::log_progressed() {
  note_sync();
  for (const auto& loop : loops_)
    loop->log_progressed();
  persistence_.log_progressed();
}

void Server::keep_for_a_pass(const std::shared_ptr<const void>& kept) {
  for (std::size_t i = 0; i < loop_count_; ++i)
    pool_.loop(i).post([kept] {});
}

// Replies wait for a sync only under `always`.
void Server::note_sync() {
  aof::Log* log = current_log_.load(std::memory_order_acquire);
  if (!observation_.latency().is_on() || log == nullptr ||
      log->policy() != aof::FsyncPolicy::always)
    return;
  if (const auto longest_us = log->take_longest_sync_us())
    observation_.latency().note(commands::LatencyEvent::aof_fsync_always, *longest_us);
}

void Server::sample_rates() {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    const net::LoopStatistics loop = pool_.loop(i).statistics();
    received += loop.bytes_received;
    sent += loop.bytes_sent;
  }
  rates_.sample(base::steady_us(), info_.commands_processed(), received, sent);
  base::note_allocation_peak();
  if (aof::Log* log = current_log_.load(std::memory_order_acquire)) log->watch();
}

std::string Server::info(std::span<const std::string_view> sections, store::ShardLock& lock) {
  return info_.text(sections, lock);
}

commands::MemoryUse Server::memory() {
  return info_.memory_use();
}

std::optional<std::string> Server::reload_log() {
  // Loading replaces the data under every client: only a restart does that here.
  return "ERR DEBUG LOADAOF is not possible while clients are served; restart the server instead";
}

std::optional<std::string> Server::load_users() {
  return acl_storage_.load();
}
std::optional<std::string> Server::save_users() {
  return acl_storage_.save();
}

void Server::migrate(std::shared_ptr<commands::Migration> migration, std::function<void()> done) {
  net::send_migration(*net::EventLoop::current(), std::move(migration), std::move(done));
}

void Server::discard(std::vector<store::Table> tables) {
  reclaimer_.discard(std::move(tables));
}
void Server::discard(store::EntryPtr entry) {
  reclaimer_.discard(std::move(entry));
}
void Server::discard(std::shared_ptr<void> something) {
  reclaimer_.discard(std::move(something));
}

std::vector<std::pair<std::string, std::string>> Server::get(
    std::span<const std::string_view> globs) const {
  return config_.get(globs);
}

std::optional<std::string> Server::set(
    std::span<const std::pair<std::string_view, std::string_view>> changes,
    bool may_set_protected) {
  return config_.set(changes, may_set_protected);
}

bool Server::is_sensitive(std::string_view name) const {
  const Directive* directive = find_directive(name);
  return directive != nullptr && directive->has(sensitive);
}

std::optional<std::string> Server::rewrite() {
  return config_.rewrite(acl_storage_.lines(config_.snapshot()->requirepass));
}

}  // namespace duplex::server
