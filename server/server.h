// The whole server: owns every part, in order of construction; starts it, stops it.
#pragma once

#include "aof/log.h"
#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "commands/observation.h"
#include "commands/services.h"
#include "commands/statistics.h"
#include "commands/watchers.h"
#include "net/command_loop.h"
#include "net/event_loop_pool.h"
#include "net/listener.h"
#include "net/session_limits.h"
#include "pubsub/hub.h"
#include "realtime/channel_state.h"
#include "script/engine.h"
#include "server/acl_storage.h"
#include "server/browser_keys.h"
#include "server/client_port.h"
#include "server/config_store.h"
#include "server/http_port.h"
#include "server/log_sink.h"
#include "server/log_switch.h"
#include "server/metrics.h"
#include "server/persistence.h"
#include "server/reclaimer.h"
#include "server/server_info.h"
#include "server/tls_contexts.h"
#include "server/tls_port.h"
#include "store/keyspace.h"
#include "ws/counters.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace duplex::server {

// Thread: start(), wait() and stop() from the main thread; request_stop() from any.
class Server final : public commands::ServerControl, public commands::ConfigAccess {
 public:
  explicit Server(LoadedConfig config);
  ~Server() override;

  // Opens the ports, takes in the log, and serves. The error is a sentence for the operator.
  std::expected<void, std::string> start();
  // Waits until somebody asks to stop.
  void wait();
  // Stops accepting, sends what is due, writes and syncs the log. False if the log could not be
  // written.
  bool stop();
  void request_stop();
  // What SIGINT and SIGTERM ask for, as the configuration wants it. False: the server goes on, as
  // its last snapshot cannot be written. Thread: any.
  bool stop_by_signal(int signal);

  // commands::ServerControl
  std::string info(std::span<const std::string_view> sections, store::ShardLock& lock) override;
  commands::MemoryUse memory() override;
  std::optional<std::string> shutdown(commands::ShutdownMode mode, bool force) override;
  std::optional<std::string> reload_log() override;
  std::optional<std::string> load_users() override;
  std::optional<std::string> save_users() override;
  void migrate(std::shared_ptr<commands::Migration> migration, std::function<void()> done) override;
  void discard(std::vector<store::Table> tables) override;
  void discard(store::EntryPtr entry) override;
  void discard(std::shared_ptr<void> something) override;

  // commands::ConfigAccess
  std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> globs) const override;
  std::optional<std::string> set(
      std::span<const std::pair<std::string_view, std::string_view>> changes,
      bool may_set_protected) override;
  std::optional<std::string> rewrite() override;
  bool is_sensitive(std::string_view name) const override;

 private:
  using Started = std::expected<void, std::string>;

  void bind_config();
  net::SessionFactory sessions();
  Started listen();
  Started load();
  void log_progressed();
  void note_sync();
  void keep_for_a_pass(const std::shared_ptr<const void>& kept);
  void sample_rates();
  void drain();
  bool let_scripts_end();

  // The order below is the order of dependence: what stands later may use what stands earlier.
  ConfigStore config_;
  commands::Settings settings_;
  net::SessionLimits limits_;
  commands::CommandTable table_;
  commands::acl::Users users_;
  AclStorage acl_storage_;
  store::Keyspace keyspace_;
  Reclaimer reclaimer_;
  const std::size_t loop_count_;
  // One loop more than the pool has: the main thread replays the log as the last one.
  pubsub::Hub hub_;
  commands::ClientRegistry clients_;
  commands::Watchers watchers_;
  commands::Tracking tracking_;
  commands::Blocking blocking_;
  script::Engine scripts_;
  std::atomic<aof::Log*> current_log_{nullptr};
  LogSink log_sink_;
  LogSwitch log_switch_;
  Persistence persistence_;
  commands::Observation observation_;
  std::vector<std::unique_ptr<commands::LoopStatistics>> statistics_;
  realtime::ChannelState channels_;
  commands::Services services_;
  LoadProgress progress_;
  Rates rates_;
  net::EventLoopPool pool_;
  std::vector<std::unique_ptr<net::CommandLoop>> loops_;
  ServerInfo info_;
  ws::Counters web_counters_;
  Metrics metrics_;
  TlsContexts tls_contexts_;
  BrowserKeys browser_keys_;
  HttpPort http_;
  std::unique_ptr<net::Listener> unix_socket_;
  ClientPort port_;
  TlsPort tls_port_;

  std::mutex stop_mutex_;
  std::condition_variable stop_wake_;
  bool stop_requested_ = false;
  bool stopped_ = false;
  std::atomic<bool> saves_at_end_{false};
  std::atomic<bool> hurries_{false};  // SHUTDOWN NOSAVE: scripts are not waited for
};

}  // namespace duplex::server
