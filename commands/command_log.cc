// SLOWLOG and COMMANDLOG: the last commands that took long, asked for much or were told much.
#include "commands/command_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duplex::commands {

namespace {

constexpr std::size_t args_max = 32;
constexpr std::size_t arg_bytes_max = 128;

std::string kept_arg(std::string_view arg) {
  if (arg.size() <= arg_bytes_max) return std::string(arg);
  return fmt::format(
      "{}... ({} more bytes)", arg.substr(0, arg_bytes_max), arg.size() - arg_bytes_max);
}

}  // namespace

std::vector<std::string> kept_args(std::span<const std::string_view> args) {
  const bool are_too_many = args.size() > args_max;
  const std::size_t shown = are_too_many ? args_max - 1 : args.size();
  std::vector<std::string> kept;
  kept.reserve(std::min(args.size(), args_max));
  for (const std::string_view arg : args.first(shown))
    kept.push_back(kept_arg(arg));
  if (are_too_many) kept.push_back(fmt::format("... ({} more arguments)", args.size() - shown));
  return kept;
}

void CommandLog::set_limits(const CommandLogLimits& limits) {
  const base::MutexLock lock(mutex_);
  length_max_ = limits.length_max;
  threshold_.store(limits.length_max == 0 ? -1 : limits.threshold, std::memory_order_relaxed);
}

void CommandLog::add(CommandLogEntry entry) {
  const base::MutexLock lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  while (entries_.size() > length_max_)
    entries_.pop_back();
}

std::vector<CommandLogEntry> CommandLog::newest(std::size_t count) const {
  const base::MutexLock lock(mutex_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

std::size_t CommandLog::size() const {
  const base::MutexLock lock(mutex_);
  return entries_.size();
}

void CommandLog::clear() {
  const base::MutexLock lock(mutex_);
  entries_.clear();
}

}  // namespace duplex::commands
