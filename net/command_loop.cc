// What the sessions of one loop share: the executor, the subscribers, and the gate to the log.
#include "net/command_loop.h"

#include "commands/observation.h"
#include "net/resp_session.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace duplex::net {

namespace {

// Ten times a second, as Redis's default hz.
constexpr std::chrono::milliseconds tick_interval{100};
// Of each tick, active expiry may take this much.
constexpr std::int64_t expiry_budget_us = 5000;
constexpr std::int64_t eviction_budget_us = 5000;
constexpr std::uint64_t ticks_per_second = 10;

// What a log that has ended was told is written, as far as that was possible.
constexpr auto everything = std::numeric_limits<std::uint64_t>::max();

}  // namespace

CommandLoop::CommandLoop(EventLoop& loop,
                         commands::Services& services,
                         commands::LoopStatistics& statistics,
                         SessionLimits& limits,
                         const std::atomic<aof::Log*>& log)
    : loop_(loop),
      services_(services),
      statistics_(statistics),
      limits_(limits),
      log_(log),
      subscribers_(services.hub, loop.index()),
      executor_(services, subscribers_, statistics) {
  services_.hub.attach(loop.index(),
                       [this] { loop_.post([this] { subscribers_.deliver_waiting(); }); });
  services_.tracking.attach(loop.index(),
                            [this] { loop_.post([this] { deliver_invalidations(); }); });
  loop_.set_before_flush([this] { before_flush(); });
  loop_.every(tick_interval, [this] { tick(); });
}

CommandLoop::~CommandLoop() {
  const auto left = sessions_;
  for (const auto& [id, session] : left)
    session->end_with_loop();
}

void CommandLoop::add(RespSession& session) {
  sessions_.emplace(session.client().id, &session);
}

void CommandLoop::remove(RespSession& session) {
  sessions_.erase(session.client().id);
  std::erase(postponed_, session.client().id);
}

void CommandLoop::gate(Socket& socket, std::uint64_t position) {
  if (!fresh_.empty() && fresh_.back().socket == &socket)
    fresh_.back().position = std::max(fresh_.back().position, position);
  else
    fresh_.push_back({&socket, position});
}

void CommandLoop::forget(Socket& socket) {
  const auto is_socket = [&](const Gated& gated) { return gated.socket == &socket; };
  std::erase_if(fresh_, is_socket);
  std::erase_if(held_, is_socket);
}

void CommandLoop::when_written(std::uint64_t position, std::move_only_function<void()> done) {
  fresh_waiting_.push_back({position, std::move(done)});
}

void CommandLoop::hand_out_invalidations() {
  for (const commands::Invalidation& next : services_.tracking.take(loop_.index())) {
    if (next.source == commands::Invalidation::Source::flush) {
      for (const auto& [id, session] : sessions_)
        session->invalidate(next);
    } else if (const auto found = sessions_.find(next.client); found != sessions_.end()) {
      found->second->invalidate(next);
    }
  }
}

void CommandLoop::before_flush() {
  services_.tracking.broadcast(loop_.index());
  deliver_invalidations();
  aof::Log* log = log_.load(std::memory_order_acquire);
  if (log == nullptr) {
    fresh_.clear();
    call_reached(std::exchange(fresh_waiting_, {}), everything);
    return;
  }
  if (log->written() < log->appended()) {
    const commands::MeasuredDelay delay(services_.observation.latency(),
                                        commands::LatencyEvent::aof_write);
    log->commit(log->appended());
  }
  if (fresh_.empty() && fresh_waiting_.empty()) return;
  const std::uint64_t releasable = log->releasable();
  hold_fresh(releasable);
  if (held_.empty() && held_waiting_.empty()) return;
  // Either the log's thread sees the mark, or this thread sees the log's progress: both sides read
  // and modify the mark, so neither can look at the other's news before its own are out.
  holds_.fetch_or(1, std::memory_order_seq_cst);
  // The same goes for a log that has ended.
  if (log_.load() != log || log->releasable() != releasable) release_gated();
}

void CommandLoop::hold_fresh(std::uint64_t releasable) {
  for (const Gated& gated : fresh_) {
    if (gated.position <= releasable) continue;
    gated.socket->hold(true);
    held_.push_back(gated);
  }
  fresh_.clear();
  for (Waiting& waiting : call_reached(std::exchange(fresh_waiting_, {}), releasable))
    held_waiting_.push_back(std::move(waiting));
}

std::vector<CommandLoop::Waiting> CommandLoop::call_reached(std::vector<Waiting> waiting,
                                                            std::uint64_t releasable) {
  std::vector<Waiting> left;
  for (Waiting& next : waiting) {
    if (next.position <= releasable)
      next.done();
    else
      left.push_back(std::move(next));
  }
  return left;
}

void CommandLoop::release_gated() {
  const aof::Log* log = log_.load(std::memory_order_acquire);
  const std::uint64_t releasable = log == nullptr ? everything : log->releasable();
  const auto waits = [&](const Gated& gated) { return gated.position > releasable; };
  const auto released = std::stable_partition(held_.begin(), held_.end(), waits);
  const std::vector<Gated> done(released, held_.end());
  held_.erase(released, held_.end());
  held_waiting_ = call_reached(std::exchange(held_waiting_, {}), releasable);
  if (held_.empty() && held_waiting_.empty()) holds_.store(0, std::memory_order_seq_cst);
  for (const Gated& gated : done) {
    // A socket that wrote again since is released with the last of its positions.
    const bool waits_again = std::any_of(held_.begin(), held_.end(), [&](const Gated& other) {
      return other.socket == gated.socket;
    });
    if (!waits_again) gated.socket->hold(false);
  }
}

void CommandLoop::log_progressed() {
  if (holds_.fetch_or(0, std::memory_order_seq_cst) != 0) loop_.post([this] { release_gated(); });
}

void CommandLoop::wait_for_resume(RespSession& session) {
  postponed_.push_back(session.client().id);
}

void CommandLoop::close_client(std::uint64_t client_id) {
  loop_.post([this, client_id] {
    const auto found = sessions_.find(client_id);
    if (found != sessions_.end()) found->second->close_now();
  });
}

void CommandLoop::resume_client(std::uint64_t client_id) {
  loop_.post([this, client_id] {
    const auto found = sessions_.find(client_id);
    if (found == sessions_.end()) return;
    std::erase(postponed_, client_id);
    found->second->resume_or_retry();
  });
}

void CommandLoop::drive_scripts() {
  if (std::exchange(driving_scripts_, true)) return;
  loop_.post([this] { resume_scripts(); });
}

void CommandLoop::resume_scripts() {
  driving_scripts_ = false;
  ended_scripts_.clear();
  executor_.resume_units(ended_scripts_);
  for (const std::uint64_t id : std::exchange(ended_scripts_, {}))
    if (const auto found = sessions_.find(id); found != sessions_.end())
      found->second->look_at_wait();
  if (executor_.has_running_units()) drive_scripts();
}

void CommandLoop::unblock_client(std::uint64_t client_id) {
  loop_.post([this, client_id] {
    const auto found = sessions_.find(client_id);
    if (found != sessions_.end()) found->second->look_at_wait();
  });
}

void CommandLoop::check_client_user(std::uint64_t client_id) {
  loop_.post([this, client_id] {
    const auto found = sessions_.find(client_id);
    if (found != sessions_.end()) found->second->check_user();
  });
}

// Every loop says what its clients take up, the first one compares. What a loop says after that
// counts in the next tick.
void CommandLoop::evict_clients() {
  const std::size_t bytes_max = limits_.client_bytes_max.load(std::memory_order_relaxed);
  if (bytes_max == 0) return;
  for (const auto& [id, session] : sessions_)
    session->note_output();
  if (loop_.index() == 0)
    statistics_.evicted_clients.add(client_eviction_.run(services_.clients, bytes_max));
}

void CommandLoop::tick() {
  ++ticks_;
  executor_.set_now(loop_.now_ms());
  if (services_.settings.active_expiry.load(std::memory_order_relaxed) &&
      !services_.settings.import_mode.load(std::memory_order_relaxed) &&
      !services_.settings.is_paused(loop_.now_ms()) &&
      !services_.settings.loading.load(std::memory_order_relaxed) && loop_.index() == 0 &&
      !services_.settings.snapshot_is_behind.load(std::memory_order_relaxed) &&
      // What a log that cannot write holds in memory must not grow by itself.
      services_.effects.refusal().empty())
    executor_.expire_cycle(expiry_budget_us);
  // Others than commands need memory as well, and the limit may have been lowered.
  if (!services_.settings.loading.load(std::memory_order_relaxed) && loop_.index() == 0)
    executor_.evict_cycle(eviction_budget_us);
  // CONFIG SET may have lowered that limit.
  if (loop_.index() == 0) executor_.limit_tracked_keys();
  const std::int64_t paused_until =
      services_.settings.paused_until_ms.load(std::memory_order_relaxed);
  if (!postponed_.empty() && paused_until <= loop_.now_ms()) {
    for (const std::uint64_t id : std::exchange(postponed_, {}))
      if (const auto found = sessions_.find(id); found != sessions_.end()) found->second->resume();
  }
  evict_clients();
  if (ticks_ % ticks_per_second == 0)
    for (const auto& [id, session] : sessions_)
      session->check_limits(loop_.now_ms());
}

}  // namespace duplex::net
