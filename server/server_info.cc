// INFO: the sections about the process, its memory, its clients and its data.
#include "server/server_info.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/script_host.h"
#include "server/key_sizes.h"
#include "server/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <system_error>
#include <unistd.h>

namespace duplex::server {

namespace {

template <typename... Args>
void line(ServerInfo::Report& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out.text), format, std::forward<Args>(args)...);
  out.text += "\r\n";
}

// "1.50M", as Redis writes sizes for people.
std::string human(std::uint64_t bytes) {
  constexpr std::string_view units = "BKMGTP";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{}B", bytes) : fmt::format("{:.2f}{}", value, units[unit]);
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

constexpr std::string_view no_replication_id = "0000000000000000000000000000000000000000";

}  // namespace

std::string ServerInfo::text(std::span<const std::string_view> sections,
                             store::ShardLock& lock) const {
  struct Section {
    std::string_view name;
    void (ServerInfo::*write)(Report&) const;
    enum class Part : std::uint8_t { of_default, of_all, of_everything } part;
  };
  using Part = Section::Part;
  static constexpr Section table[] = {
      {"server", &ServerInfo::server, Part::of_default},
      {"clients", &ServerInfo::clients, Part::of_default},
      {"memory", &ServerInfo::memory, Part::of_default},
      {"persistence", &ServerInfo::persistence, Part::of_default},
      {"stats", &ServerInfo::stats, Part::of_default},
      {"replication", &ServerInfo::replication, Part::of_default},
      {"cpu", &ServerInfo::cpu, Part::of_default},
      {"modules", &ServerInfo::modules, Part::of_default},
      {"commandstats", &ServerInfo::command_statistics, Part::of_all},
      {"errorstats", &ServerInfo::error_statistics, Part::of_default},
      {"latencystats", &ServerInfo::latency_statistics, Part::of_all},
      {"cluster", &ServerInfo::cluster, Part::of_default},
      {"keyspace", &ServerInfo::keyspace, Part::of_default},
      // Visits every key, which those who ask for "all" every few seconds shall not pay for.
      {"keysizes", &ServerInfo::key_sizes, Part::of_everything},
  };
  const auto asked = [&](std::string_view name) {
    return std::any_of(sections.begin(), sections.end(), [&](std::string_view section) {
      return base::equals_ignoring_case(section, name);
    });
  };
  const bool defaults = sections.empty() || asked("default");
  const auto is_wanted = [&](const Section& section) {
    if (asked(section.name) || asked("everything")) return true;
    if (section.part == Part::of_everything) return false;
    return asked("all") || (defaults && section.part == Part::of_default);
  };
  Report out{.text = {}, .lock = lock};
  for (const Section& section : table) {
    if (!is_wanted(section)) continue;
    if (!out.text.empty()) out.text += "\r\n";
    (this->*section.write)(out);
  }
  return std::move(out.text);
}

std::uint64_t ServerInfo::sum(commands::Counter commands::LoopStatistics::* counter) const {
  std::uint64_t total = 0;
  for (const auto& loop : from_.services.statistics)
    total += ((*loop).*counter).value();
  return total;
}

std::uint64_t ServerInfo::commands_processed() const {
  return sum(&commands::LoopStatistics::commands_processed);
}

void ServerInfo::server(Report& out) const {
  const auto config = from_.config.snapshot();
  utsname system{};
  uname(&system);
  const std::int64_t now_ms = base::wall_ms();
  const std::int64_t uptime_s = (now_ms - from_.started_ms) / 1000;
  char executable[4096] = {};
  if (readlink("/proc/self/exe", executable, sizeof executable - 1) < 0) executable[0] = '\0';
  line(out, "# Server");
  line(out, "redis_version:{}", redis_version);
  line(out, "server_name:duplex");
  line(out, "duplex_version:{}", duplex_version);
  line(out, "redis_git_sha1:00000000");
  line(out, "redis_git_dirty:0");
  line(out, "redis_build_id:0");
  line(out, "redis_mode:standalone");
  line(out, "os:{} {} {}", system.sysname, system.release, system.machine);
  line(out, "arch_bits:64");
  line(out, "monotonic_clock:POSIX clock_gettime");
  line(out, "multiplexing_api:{}", from_.pool.loop(0).backend_name());
  line(out, "atomicvar_api:c11-builtin");
  line(out, "gcc_version:{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
  line(out, "process_id:{}", getpid());
  line(out, "process_supervised:no");
  line(out, "run_id:{}", from_.run_id);
  line(out, "tcp_port:{}", config->port != 0 ? config->port : config->tls_port);
  line(out, "http_port:{}", config->http_port);
  line(out, "server_time_usec:{}", base::wall_us());
  line(out, "uptime_in_seconds:{}", uptime_s);
  line(out, "uptime_in_days:{}", uptime_s / 86400);
  line(out, "hz:{}", config->hz);
  line(out, "configured_hz:{}", config->hz);
  line(out, "lru_clock:{}", (now_ms / 1000) & 0xffffff);
  line(out, "executable:{}", executable);
  line(out, "config_file:{}", from_.config.file());
  line(out, "io_threads_active:{}", from_.pool.size() > 1 ? 1 : 0);
}

void ServerInfo::clients(Report& out) const {
  std::size_t watching = 0;
  std::size_t subscribed = 0;
  std::size_t postponed = 0;
  from_.services.clients.for_each([&](const commands::Client& client) {
    postponed += client.is_postponed.load(std::memory_order_relaxed) ? 1 : 0;
    watching += client.watch_count.load(std::memory_order_relaxed) != 0 ? 1 : 0;
    subscribed += client.channels_count.load(std::memory_order_relaxed) +
                              client.patterns_count.load(std::memory_order_relaxed) +
                              client.shard_channels_count.load(std::memory_order_relaxed) !=
                          0
                      ? 1
                      : 0;
  });
  line(out, "# Clients");
  line(out, "connected_clients:{}", from_.services.clients.size());
  line(out, "cluster_connections:0");
  line(out, "maxclients:{}", from_.limits.clients_max.load(std::memory_order_relaxed));
  line(out, "client_recent_max_input_buffer:0");
  line(out, "client_recent_max_output_buffer:0");
  line(out, "blocked_clients:{}", from_.services.blocking.count() + postponed);
  line(out, "tracking_clients:{}", from_.services.tracking.client_count());
  line(out, "pubsub_clients:{}", subscribed);
  line(out, "watching_clients:{}", watching);
  line(out, "clients_in_timeout_table:0");
}

commands::MemoryUse ServerInfo::memory_use() const {
  const aof::Log* log = from_.log.load(std::memory_order_acquire);
  return {.allocated = base::allocated_bytes(),
          .peak = base::allocated_bytes_peak(),
          .at_start = from_.bytes_at_start,
          .resident = resident_bytes(),
          .log_buffer = log == nullptr ? 0 : log->stats().pending_bytes};
}

void ServerInfo::memory(Report& out) const {
  const auto config = from_.config.snapshot();
  static constexpr std::string_view policies[] = {"volatile-lru",
                                                  "volatile-lfu",
                                                  "volatile-random",
                                                  "volatile-ttl",
                                                  "allkeys-lru",
                                                  "allkeys-lfu",
                                                  "allkeys-random",
                                                  "noeviction"};
  const commands::MemoryUse memory = memory_use();
  const std::uint64_t used = memory.allocated;
  const std::uint64_t peak = memory.peak;
  const std::uint64_t resident = memory.resident;
  const std::uint64_t overhead = memory.at_start + out.lock.table_bytes();
  const std::uint64_t dataset = used > overhead ? used - overhead : 0;
  const std::uint64_t since_start = used > memory.at_start ? used - memory.at_start : 1;
  const double spread =
      static_cast<double>(resident) / static_cast<double>(std::max<std::uint64_t>(used, 1));
  const auto physical = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::size_t client_bytes = 0;
  from_.services.clients.for_each(
      [&](const commands::Client& client) { client_bytes += commands::memory_of(client); });
  line(out, "# Memory");
  line(out, "used_memory:{}", used);
  line(out, "used_memory_human:{}", human(used));
  line(out, "used_memory_rss:{}", resident);
  line(out, "used_memory_rss_human:{}", human(resident));
  line(out, "used_memory_peak:{}", peak);
  line(out, "used_memory_peak_human:{}", human(peak));
  line(out,
       "used_memory_peak_perc:{:.2f}%",
       100.0 * static_cast<double>(used) / static_cast<double>(std::max<std::uint64_t>(peak, 1)));
  line(out, "used_memory_overhead:{}", overhead);
  line(out, "used_memory_startup:{}", memory.at_start);
  line(out, "used_memory_dataset:{}", dataset);
  line(out,
       "used_memory_dataset_perc:{:.2f}%",
       100.0 * static_cast<double>(dataset) / static_cast<double>(since_start));
  line(out, "allocator_allocated:{}", used);
  line(out, "allocator_active:{}", resident);
  line(out, "allocator_resident:{}", resident);
  // What the allocator holds and what the process holds are not told apart.
  line(out, "allocator_frag_ratio:{:.2f}", spread);
  line(out, "allocator_frag_bytes:{}", resident > used ? resident - used : 0);
  line(out, "allocator_rss_ratio:1.00");
  line(out, "allocator_rss_bytes:0");
  line(out, "rss_overhead_ratio:1.00");
  line(out, "rss_overhead_bytes:0");
  line(out, "total_system_memory:{}", physical);
  line(out, "total_system_memory_human:{}", human(physical));
  const commands::ScriptUse scripts =
      from_.services.scripts == nullptr ? commands::ScriptUse{} : from_.services.scripts->use();
  const std::size_t interpreters =
      scripts.eval_interpreter_bytes + scripts.function_interpreter_bytes;
  const std::size_t kept = scripts.cached_bytes + scripts.library_bytes;
  line(out, "used_memory_lua:{}", scripts.eval_interpreter_bytes);
  line(out, "used_memory_vm_eval:{}", scripts.eval_interpreter_bytes);
  line(out, "used_memory_lua_human:{}", human(scripts.eval_interpreter_bytes));
  line(out, "used_memory_scripts_eval:{}", scripts.cached_bytes);
  line(out, "number_of_cached_scripts:{}", scripts.cached);
  line(out, "number_of_functions:{}", scripts.functions);
  line(out, "number_of_libraries:{}", scripts.libraries);
  line(out, "used_memory_vm_functions:{}", scripts.function_interpreter_bytes);
  line(out, "used_memory_vm_total:{}", interpreters);
  line(out, "used_memory_vm_total_human:{}", human(interpreters));
  line(out, "used_memory_functions:{}", scripts.library_bytes);
  line(out, "used_memory_scripts:{}", kept);
  line(out, "used_memory_scripts_human:{}", human(kept));
  line(out, "maxmemory:{}", config->maxmemory);
  line(out, "maxmemory_human:{}", human(static_cast<std::uint64_t>(config->maxmemory)));
  line(out, "maxmemory_policy:{}", policies[static_cast<std::size_t>(config->maxmemory_policy)]);
  line(out, "mem_fragmentation_ratio:{:.2f}", spread);
  line(out,
       "mem_fragmentation_bytes:{}",
       static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(used));
  line(out, "mem_not_counted_for_evict:0");
  line(out, "mem_replication_backlog:0");
  line(out, "mem_total_replication_buffers:0");
  line(out, "mem_clients_slaves:0");
  line(out, "mem_clients_normal:{}", client_bytes);
  line(out, "mem_cluster_links:0");
  line(out, "mem_aof_buffer:{}", memory.log_buffer);
#ifdef DUPLEX_SYSTEM_ALLOCATOR
  line(out, "mem_allocator:libc");
#else
  line(out, "mem_allocator:mimalloc");
#endif
  line(out, "active_defrag_running:0");
  line(out, "lazyfree_pending_objects:{}", from_.reclaimer.pending());
  line(out, "lazyfreed_objects:{}", from_.reclaimer.freed());
}

void ServerInfo::persistence(Report& out) const {
  const bool loading = from_.services.settings.loading.load(std::memory_order_relaxed);
  const aof::Log* log = from_.log.load(std::memory_order_acquire);
  line(out, "# Persistence");
  line(out, "loading:{}", loading ? 1 : 0);
  line(out, "async_loading:0");
  if (loading) {
    const std::int64_t started_ms = from_.progress.started_ms.load(std::memory_order_relaxed);
    const std::uint64_t total = from_.progress.total_bytes.load(std::memory_order_relaxed);
    const std::uint64_t loaded = from_.progress.loaded_bytes.load(std::memory_order_relaxed);
    const double share = total == 0 ? 0 : static_cast<double>(loaded) / static_cast<double>(total);
    const double elapsed_s = static_cast<double>(base::wall_ms() - started_ms) / 1000;
    line(out, "loading_start_time:{}", started_ms / 1000);
    line(out, "loading_total_bytes:{}", total);
    line(out, "loading_loaded_bytes:{}", loaded);
    line(out, "loading_loaded_perc:{:.2f}", share * 100);
    line(out,
         "loading_eta_seconds:{}",
         share > 0 ? static_cast<std::int64_t>(elapsed_s * (1 - share) / share) : 1);
  }
  const PersistenceStats saved = from_.persistence.stats();
  // Snapshots are written without fork: no page is ever copied for one.
  line(out, "current_cow_peak:0");
  line(out, "current_cow_size:0");
  line(out, "current_cow_size_age:0");
  line(out, "current_fork_perc:0.00");
  line(out, "rdb_changes_since_last_save:{}", saved.changes);
  line(out, "rdb_bgsave_in_progress:{}", saved.is_saving ? 1 : 0);
  line(out, "rdb_last_save_time:{}", saved.last_save_s);
  line(out, "rdb_last_bgsave_status:{}", saved.last_save_ok ? "ok" : "err");
  line(out, "rdb_last_bgsave_time_sec:{}", saved.last_save_took_s);
  line(out, "rdb_current_bgsave_time_sec:{}", saved.current_save_s);
  line(out, "rdb_saves:{}", saved.saves);
  line(out, "rdb_last_cow_size:0");
  line(out, "aof_enabled:{}", saved.log_is_on ? 1 : 0);
  line(out, "aof_rewrite_in_progress:{}", saved.is_rewriting ? 1 : 0);
  line(out, "aof_rewrite_scheduled:{}", saved.rewrite_is_scheduled ? 1 : 0);
  line(out, "aof_last_rewrite_time_sec:{}", saved.last_rewrite_took_s);
  line(out, "aof_current_rewrite_time_sec:{}", saved.current_rewrite_s);
  line(out, "aof_last_bgrewrite_status:{}", saved.last_rewrite_ok ? "ok" : "err");
  line(out, "aof_rewrites:{}", saved.rewrites);
  line(out, "aof_rewrites_consecutive_failures:{}", saved.rewrite_failures_in_a_row);
  line(out, "aof_last_cow_size:0");
  line(out, "module_fork_in_progress:0");
  line(out, "module_fork_last_cow_size:0");
  if (log == nullptr) return line(out, "aof_last_write_status:ok");
  const aof::LogStats stats = log->stats();
  line(out, "aof_last_write_status:{}", stats.last_write_ok && stats.last_sync_ok ? "ok" : "err");
  line(out, "aof_current_size:{}", stats.current_bytes);
  line(out, "aof_base_size:{}", stats.base_bytes);
  line(out, "aof_pending_rewrite:{}", saved.rewrite_is_scheduled ? 1 : 0);
  line(out, "aof_buffer_length:{}", stats.pending_bytes);
  line(out, "aof_pending_bio_fsync:{}", log->durable() < log->written() ? 1 : 0);
  line(out, "aof_delayed_fsync:{}", stats.delayed_syncs);
  line(out, "aof_last_fsync_usec:{}", stats.last_sync_us);
  line(out, "aof_running_fsync_usec:{}", stats.sync_running_us);
  line(out, "aof_trouble:{}", aof::trouble_of(stats));
  line(out,
       "aof_trouble_reason:{}",
       stats.state ? std::generic_category().message(stats.state.error_number) : "");
  line(out, "aof_trouble_seconds:{}", stats.failed_for_us / 1'000'000);
  line(out, "aof_write_failures:{}", stats.write_failures);
  line(out, "aof_fsync_failures:{}", stats.sync_failures);
}

void ServerInfo::replication(Report& out) const {
  const aof::Log* log = from_.log.load(std::memory_order_acquire);
  line(out, "# Replication");
  line(out, "role:master");
  line(out, "connected_slaves:0");
  line(out, "master_failover_state:no-failover");
  line(out, "master_replid:{}", log == nullptr ? from_.run_id : log->start().store_id);
  line(out, "master_replid2:{}", no_replication_id);
  line(out, "master_repl_offset:{}", log == nullptr ? 0 : log->appended());
  line(out, "second_repl_offset:-1");
  line(out, "repl_backlog_active:0");
  line(out, "repl_backlog_size:1048576");
  line(out, "repl_backlog_first_byte_offset:0");
  line(out, "repl_backlog_histlen:0");
}

void ServerInfo::cpu(Report& out) const {
  rusage self{};
  rusage children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  line(out, "# CPU");
  line(out, "used_cpu_sys:{:.6f}", seconds(self.ru_stime));
  line(out, "used_cpu_user:{:.6f}", seconds(self.ru_utime));
  line(out, "used_cpu_sys_children:{:.6f}", seconds(children.ru_stime));
  line(out, "used_cpu_user_children:{:.6f}", seconds(children.ru_utime));
}

void ServerInfo::modules(Report& out) const {
  line(out, "# Modules");
}

void ServerInfo::cluster(Report& out) const {
  line(out, "# Cluster");
  line(out, "cluster_enabled:0");
}

void ServerInfo::keyspace(Report& out) const {
  const std::int64_t now_ms = base::wall_ms();
  base::Random random(static_cast<std::uint64_t>(now_ms));
  line(out, "# Keyspace");
  for (int database = 0; database < from_.services.keyspace.databases(); ++database) {
    const store::DatabaseSize size = out.lock.size(database);
    if (size.keys == 0) continue;
    const std::int64_t ttl_ms =
        size.expiring == 0 ? 0 : out.lock.average_ttl_ms(database, now_ms, random.next());
    line(out, "db{}:keys={},expires={},avg_ttl={}", database, size.keys, size.expiring, ttl_ms);
  }
}

void ServerInfo::key_sizes(Report& out) const {
  line(out, "# Keysizes");
  for (int database = 0; database < from_.services.keyspace.databases(); ++database) {
    KeySizes sizes;
    sizes.count(out.lock, database);
    sizes.append_to(out.text, database);
  }
}

}  // namespace duplex::server
