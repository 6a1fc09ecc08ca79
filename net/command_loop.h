// What the sessions of one loop share: the executor, the subscribers, and the gate to the log.
#pragma once

#include "aof/log.h"
#include "commands/executor.h"
#include "net/client_eviction.h"
#include "net/event_loop.h"
#include "net/log_gate.h"
#include "net/session_limits.h"
#include "pubsub/loop_subscribers.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::net {

class RespSession;

// Runs commands for the sessions of its loop and keeps their replies back until the log has what
// they changed: before each flush the log is committed once for all of them.
//
// Thread: confined to its EventLoop, except log_progressed() and resume_sessions().
// Lifetime: outlives the sessions; ends after the loop has stopped.
class CommandLoop final : public LogGate {
 public:
  // `log` holds nullptr without appendonly and until the data is loaded.
  CommandLoop(EventLoop& loop,
              commands::Services& services,
              commands::LoopStatistics& statistics,
              SessionLimits& limits,
              const std::atomic<aof::Log*>& log);

  ~CommandLoop() override;

  EventLoop& loop() { return loop_; }
  commands::Executor& executor() { return executor_; }
  commands::Services& services() { return services_; }
  commands::LoopStatistics& statistics() { return statistics_; }
  pubsub::LoopSubscribers& subscribers() { return subscribers_; }
  SessionLimits& limits() { return limits_; }

  // Sessions announce themselves so that other loops can reach them by their client's id.
  void add(RespSession& session);
  void remove(RespSession& session);

  void gate(Socket& socket, std::uint64_t position) override;
  void forget(Socket& socket) override;
  void when_written(std::uint64_t position, std::move_only_function<void()> done) override;

  // Hands out what clients of this loop have to forget. To be called when the reply of the command
  // before is in its session's output.
  void deliver_invalidations() {
    // What a client has sent to another one of this loop comes in the next round.
    while (services_.tracking.has_invalidations(loop_.index())) [[unlikely]]
      hand_out_invalidations();
  }

  // A session whose input waits for the end of CLIENT PAUSE.
  void wait_for_resume(RespSession& session);

  // Gives suspended scripts their slices, between the work of other clients, until they have ended.
  void drive_scripts();

  // Releases what waited when the log has advanced; wakes the loop only if something waits.
  // Thread: any.
  void log_progressed();
  // Closes or resumes the session of a client, or lets it look at its wait or its user.
  // Thread: any.
  void close_client(std::uint64_t client_id);
  void resume_client(std::uint64_t client_id);
  void unblock_client(std::uint64_t client_id);
  void check_client_user(std::uint64_t client_id);

  // Scratch for parsing, shared by the sessions because only one of them runs at a time.
  struct Scratch {
    // Where a request ends, among the arguments and in the input.
    struct End {
      std::size_t arguments;
      std::size_t bytes;
    };
    std::vector<std::string_view> arguments;
    std::vector<End> ends;
    std::vector<commands::Request> requests;  // one for each end; without arguments if it was empty
  };
  Scratch& scratch() { return scratch_; }

 private:
  struct Gated {
    Socket* socket;
    std::uint64_t position;
  };
  struct Waiting {
    std::uint64_t position;
    std::move_only_function<void()> done;
  };

  void evict_clients();
  void before_flush();
  void hand_out_invalidations();
  void resume_scripts();
  void hold_fresh(std::uint64_t releasable);
  void release_gated();
  // Calls back those that the log has come to, and returns the others.
  static std::vector<Waiting> call_reached(std::vector<Waiting> waiting, std::uint64_t releasable);
  void tick();

  EventLoop& loop_;
  commands::Services& services_;
  commands::LoopStatistics& statistics_;
  SessionLimits& limits_;
  const std::atomic<aof::Log*>& log_;
  pubsub::LoopSubscribers subscribers_;
  commands::Executor executor_;
  std::unordered_map<std::uint64_t, RespSession*> sessions_;
  std::vector<Gated> fresh_;        // gated in this pass
  std::vector<Gated> held_;         // waiting for the log
  std::vector<Waiting> fresh_waiting_;
  std::vector<Waiting> held_waiting_;
  std::atomic<unsigned> holds_{0};  // 1 while something is held
  std::vector<std::uint64_t> postponed_;
  std::vector<std::uint64_t> ended_scripts_;  // scratch: of these clients
  ClientEviction client_eviction_;
  bool driving_scripts_ = false;
  Scratch scratch_;
  std::uint64_t ticks_ = 0;
};

}  // namespace duplex::net
