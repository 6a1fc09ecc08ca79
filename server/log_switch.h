// The log that is written now, if any: how it is turned on and off while the server runs.
#pragma once

#include "aof/file.h"
#include "aof/log.h"
#include "aof/recovery.h"
#include "server/config_store.h"
#include "server/log_sink.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace duplex::server {

aof::RecoveryOptions recovery_options(const Config& config);
std::string random_hex_id();

// Turning on has three steps. begin() opens a log that no manifest names; publish(), inside the
// cut of its first base, sends everything that is changed from then on to it, while clients are
// still answered as without a log; confirm(), when the manifest has it, makes replies wait for it.
//
// Thread: the main thread at the start and the end, that of the snapshots between them. current()
// is for event loops and that thread: what it points to stays until the loop's pass is over.
class LogSwitch {
 public:
  struct Parts {
    ConfigStore& config;
    LogSink& sink;
    std::atomic<aof::Log*>& current;
    // Tells the loops that the log has progressed or ended; called on any thread.
    std::function<void()> on_progress;
    // Keeps something until each loop has ended the pass that it is in.
    std::function<void(const std::shared_ptr<const void>&)> keep_for_a_pass;
  };

  explicit LogSwitch(Parts parts) : parts_(std::move(parts)) {}

  // Goes on with what was loaded, or begins the first log of an empty server.
  std::expected<void, std::string> open(aof::Manifest manifest, aof::StreamPosition position);

  // Whether a log could be begun. The error is a sentence for the operator.
  std::expected<void, std::string> probe() const;

  // Requires: no log is open.
  std::expected<aof::Log*, std::string> begin();
  // Only memory is touched. Requires: begin(), and that all shards are held.
  void publish();
  // Only memory is touched. Requires: publish(), that install_base() has succeeded, and that all
  // shards are held. To be followed by Log::begin_waits().
  void confirm();

  // The first step of turning off: nothing more is sent to the log. Requires: all shards are held.
  void cut_off() { parts_.sink.send(LogSink::Target::nowhere); }
  // The second: what was sent is written and synced, and the log ends. False if that failed.
  bool close();

  bool is_open() const { return open_ != nullptr; }

 private:
  struct Open {
    std::unique_ptr<aof::PosixDirectory> directory;
    std::unique_ptr<aof::Log> log;
  };

  std::expected<void, std::string> open(aof::Manifest manifest,
                                        const aof::StreamPosition& position,
                                        bool is_unlisted);

  Parts parts_;
  std::shared_ptr<Open> open_;
  // Where the next log begins: positions never go back while the server runs.
  aof::Lsn offset_ = 0;
};

}  // namespace duplex::server
