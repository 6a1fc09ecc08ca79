// How the server ends: what is let finish, what is saved, and in which order.
#include "base/diagnostics.h"
#include "server/process.h"
#include "server/server.h"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <latch>
#include <limits>
#include <thread>

namespace duplex::server {

void Server::wait() {
  std::unique_lock lock(stop_mutex_);
  stop_wake_.wait(lock, [this] { return stop_requested_; });
}

// Lets every loop send what is due: after two passes the last words of the first have left.
void Server::drain() {
  for (int round = 0; round < 2; ++round) {
    std::latch passed(static_cast<std::ptrdiff_t>(loop_count_));
    for (std::size_t i = 0; i < loop_count_; ++i)
      pool_.loop(i).post([&passed] { passed.count_down(); });
    passed.wait();
  }
}

// Nothing new begins, and what has begun to write is let finish, for shutdown-timeout. False if it
// does not: its changes are in the data by halves.
bool Server::let_scripts_end() {
  constexpr std::chrono::milliseconds pause{1};
  settings_.pause_all.store(true, std::memory_order_relaxed);
  settings_.paused_until_ms.store(std::numeric_limits<std::int64_t>::max(),
                                  std::memory_order_relaxed);
  drain();
  commands::RunningScripts& running = scripts_.running();
  const std::int64_t seconds = config_.snapshot()->shutdown_timeout_s;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!running.list().empty()) {
    (void)running.kill(commands::RunningScript::Kind::eval);
    (void)running.kill(commands::RunningScript::Kind::function);
    if (hurries_.load(std::memory_order_relaxed)) return true;
    if (std::chrono::steady_clock::now() >= end) {
      base::log(base::LogLevel::warning,
                "A script that has written has not ended in {} seconds (shutdown-timeout). Its "
                "changes are not in the log, and no final snapshot is written: it would hold half "
                "of them",
                seconds);
      return false;
    }
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void Server::request_stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stop_requested_ = true;
  }
  stop_wake_.notify_all();
}

bool Server::stop() {
  if (stopped_) return true;
  stopped_ = true;
  unix_socket_.reset();
  port_.close();
  tls_port_.close();
  http_.begin_shutdown();
  drain();
  bool saved = hurries_.load(std::memory_order_relaxed) || let_scripts_end();
  pool_.stop();
  pool_.join();
  // Nobody else runs in the loops any more, and a snapshot that is being written waits for scripts.
  for (const auto& loop : loops_)
    loop->executor().abandon_units();
  persistence_.stop();
  // What was changed while the last snapshot was written is in none.
  if (saved && saves_at_end_.load(std::memory_order_relaxed) && persistence_.stats().changes != 0) {
    if (const auto last = persistence_.save_at_end(); !last) {
      base::log(base::LogLevel::warning, "The final snapshot failed: {}", last.error());
      saved = false;
    }
  }
  log_switch_.cut_off();
  saved &= log_switch_.close();
  if (!saved)
    base::log(base::LogLevel::warning, "The append only file could not be written completely.");
  return saved;
}

std::optional<std::string> Server::shutdown(commands::ShutdownMode mode, bool force) {
  using commands::ShutdownMode;
  base::log(base::LogLevel::notice, "User requested shutdown...");
  const bool saves = mode == ShutdownMode::save ||
                     (mode == ShutdownMode::normal && !config_.snapshot()->save.empty());
  const PersistenceStats persistence = persistence_.stats();
  if (mode != ShutdownMode::nosave && persistence.log_has_no_base && persistence.is_rewriting) {
    base::log(base::LogLevel::warning,
              "The append only file has no base yet, {}.",
              force ? "exiting anyway" : "can't exit");
    if (!force) return "ERR Errors trying to SHUTDOWN. Check logs.";
  }
  if (saves && !settings_.loading.load(std::memory_order_relaxed)) {
    base::log(base::LogLevel::notice, "Saving the final RDB snapshot before exiting.");
    (void)persistence_.cancel_save();
    if (persistence_.save_again() && !force) {
      base::log(base::LogLevel::warning, "Error trying to save the DB, can't exit.");
      return "ERR Errors trying to SHUTDOWN. Check logs.";
    }
    saves_at_end_.store(true, std::memory_order_relaxed);
  }
  if (mode == ShutdownMode::nosave) {
    saves_at_end_.store(false, std::memory_order_relaxed);
    hurries_.store(true, std::memory_order_relaxed);
  }
  request_stop();
  return std::nullopt;
}

bool Server::stop_by_signal(int signal) {
  const auto config = config_.snapshot();
  const SignalShutdown how =
      signal_shutdown(signal == SIGINT ? config->shutdown_on_sigint : config->shutdown_on_sigterm);
  return !shutdown(how.mode, how.force);
}

}  // namespace duplex::server
