// When snapshots are taken and the log gets a new base, and what came of it.
#pragma once

#include "aof/file.h"
#include "aof/log.h"
#include "commands/persistence_control.h"
#include "script/engine.h"
#include "server/config_store.h"
#include "server/log_sink.h"
#include "server/rdb_output.h"
#include "server/reclaimer.h"
#include "server/snapshot.h"
#include "store/keyspace.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace duplex::server {

// For INFO and the metrics. Times in seconds; -1 where there was none.
struct PersistenceStats {
  std::uint64_t changes = 0;  // since the last snapshot
  bool is_saving = false;
  std::int64_t last_save_s = 0;
  bool last_save_ok = true;
  std::int64_t last_save_took_s = -1;
  std::int64_t current_save_s = -1;
  std::uint64_t saves = 0;
  bool is_rewriting = false;
  bool rewrite_is_scheduled = false;
  bool last_rewrite_ok = true;
  std::int64_t last_rewrite_took_s = -1;
  std::int64_t current_rewrite_s = -1;
  std::uint64_t rewrites = 0;
  std::uint64_t rewrite_failures_in_a_row = 0;
};

// Why a snapshot cannot be cut just now: a suspended script has shards.
inline constexpr std::string_view script_runs = "a script is running";

// One thread carries out one job at a time: a snapshot into dump.rdb, or a rewrite of the log. It
// also looks after the save points and the size of the log.
//
// Thread: any; start() and stop() from the main thread.
class Persistence final : public commands::PersistenceControl {
 public:
  // All outlive the Persistence.
  struct Parts {
    ConfigStore& config;
    store::Keyspace& keyspace;
    const script::Engine& scripts;
    Reclaimer& reclaimer;
    LogSink& log_sink;
    const std::atomic<aof::Log*>& log;
    std::atomic<bool>& snapshot_is_behind;
  };

  explicit Persistence(Parts parts);
  ~Persistence() override;
  Persistence(const Persistence&) = delete;
  Persistence& operator=(const Persistence&) = delete;

  // The data is loaded: from here on jobs begin by themselves.
  void start();
  // Ends a job that is running; no other begins.
  void stop();
  // Writes a snapshot on this thread. Requires: stop() was called. The error is a sentence.
  std::expected<void, std::string> save_at_end();

  // Writes what was loaded as the first base of a new log, on this thread; no manifest names it
  // yet. Requires: start() was not called.
  std::expected<aof::ManifestEntry, std::string> write_first_base();

  PersistenceStats stats() const;
  // As save(), also when one is being taken now: it waits for its end first.
  std::optional<std::string> save_again();
  // To be called when directives have changed.
  void config_changed(const Config& config);
  // Asks for a rewrite as soon as possible.
  void request_rewrite();

  // commands::PersistenceControl
  std::optional<std::string> save() override;
  Answer begin_save(bool may_schedule, bool in_transaction) override;
  Answer cancel_save() override;
  Answer begin_rewrite(bool in_transaction) override;
  std::int64_t last_save_s() const override;

 private:
  // A snapshot on its way into a file.
  struct Job {
    std::optional<SnapshotFile> file;
    std::unique_ptr<SnapshotOutput> output;
    std::unique_ptr<Snapshot> snapshot;
    std::string path;  // the file's name in the end
    std::uint64_t changes_at_cut = 0;
  };
  using Outcome = std::expected<void, std::string>;
  enum class State : std::uint8_t { idle, saving, rewriting };

  void run();
  void look_around();
  bool wants_save(const Config& config) const;
  bool wants_rewrite(const Config& config) const;

  // Prepares the file and makes the cut; holds no shard when it returns.
  std::expected<std::unique_ptr<Job>, std::string> prepare_save();
  Outcome run_save(Job& job);
  Outcome run_rewrite();
  Outcome write_base(aof::Log& log);
  static std::unique_ptr<SnapshotOutput> make_base_output(SnapshotFile& file, const Config& config);
  void note_save(const Job& job, const Outcome& outcome, bool was_cancelled);
  void note_rewrite(const Outcome& outcome);

  Parts parts_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // of the thread
  std::condition_variable ended_;  // a job is over
  State state_ = State::idle;
  bool started_ = false;
  bool stopping_ = false;
  bool save_is_scheduled_ = false;
  bool rewrite_is_requested_ = false;
  std::unique_ptr<Job> job_;  // a save that was cut and waits for the thread, or is written by it
  Snapshot* snapshot_ = nullptr;  // what is written now
  bool save_is_cancelled_ = false;
  bool refuses_unsaved_ = false;  // stop-writes-on-bgsave-error, with save points
  std::int64_t job_began_ms_ = 0;
  std::int64_t last_save_try_ms_ = 0;
  std::int64_t last_rewrite_try_ms_ = 0;
  std::uint64_t saved_changes_ = 0;  // of LogSink::changes(), those in the last snapshot
  std::uint64_t jobs_ended_ = 0;
  PersistenceStats stats_;

  std::thread thread_;
};

}  // namespace duplex::server
