// Scripts that run for long: who they are, who waits for them, and how they are stopped.
#include "commands/running_scripts.h"

#include "base/clock.h"
#include "commands/errors.h"

#include <utility>

namespace duplex::commands {

void RunningScripts::add(const Pointer& script) {
  const base::MutexLock lock(mutex_);
  scripts_.push_back(script);
}

std::vector<std::uint64_t> RunningScripts::remove(const Pointer& script) {
  const base::MutexLock lock(mutex_);
  std::erase(scripts_, script);
  return std::exchange(postponed_, {});
}

std::vector<RunningScripts::Pointer> RunningScripts::list() const {
  const base::MutexLock lock(mutex_);
  return scripts_;
}

const RunningScript* RunningScripts::overdue(std::int64_t threshold_ms) const {
  constexpr std::int64_t us_per_ms = 1000;
  const std::int64_t now_us = base::steady_us();
  for (const Pointer& script : scripts_)
    if ((now_us - script->started_us) / us_per_ms >= threshold_ms) return script.get();
  return nullptr;
}

std::optional<std::string_view> RunningScripts::busy_text(std::int64_t threshold_ms) const {
  const base::MutexLock lock(mutex_);
  const RunningScript* script = overdue(threshold_ms);
  if (script == nullptr) return std::nullopt;
  return script->kind == RunningScript::Kind::eval ? errors::busy_script : errors::busy_function;
}

bool RunningScripts::postpone(std::uint64_t client_id) {
  const base::MutexLock lock(mutex_);
  if (scripts_.empty()) return false;
  postponed_.push_back(client_id);
  return true;
}

std::vector<std::uint64_t> RunningScripts::take_overdue(std::int64_t threshold_ms) {
  const base::MutexLock lock(mutex_);
  if (postponed_.empty() || overdue(threshold_ms) == nullptr) return {};
  return std::exchange(postponed_, {});
}

RunningScripts::Ending RunningScripts::kill(RunningScript::Kind kind) {
  const base::MutexLock lock(mutex_);
  Ending ending = Ending::none_running;
  for (const Pointer& script : scripts_) {
    if (script->kind != kind) {
      if (ending == Ending::none_running) ending = Ending::other_kind;
    } else if (script->has_written.load(std::memory_order_acquire)) {
      if (ending != Ending::killed) ending = Ending::has_written;
    } else {
      script->killed.store(true, std::memory_order_release);
      ending = Ending::killed;
    }
  }
  return ending;
}

}  // namespace duplex::commands
