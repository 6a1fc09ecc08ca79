// A second look at commands that were slow or large, or that somebody watches.
#include "base/clock.h"
#include "base/numbers.h"
#include "base/ticks.h"
#include "commands/executor.h"
#include "commands/monitors.h"
#include "commands/observation.h"
#include "commands/redaction.h"
#include "commands/script_unit.h"

#include <memory>
#include <string_view>
#include <utility>

namespace duplex::commands {

namespace {

// The bytes of the request on the wire.
std::size_t request_bytes(Args args) {
  constexpr std::size_t header = 3;  // '*' or '$', CR, LF
  constexpr std::size_t line_end = 2;
  const auto digits = [](std::size_t value) {
    char text[base::int64_digits_max];
    return base::write_int64(static_cast<std::int64_t>(value), text);
  };
  std::size_t bytes = header + digits(args.size());
  for (const std::string_view arg : args)
    bytes += header + digits(arg.size()) + arg.size() + line_end;
  return bytes;
}

}  // namespace

void Executor::observe(const Client& client,
                       const Command& command,
                       Args args,
                       std::uint64_t spent,
                       std::size_t reply_bytes) {
  if (context_.is_replay()) return;
  // Monitors see a command that has to wait at once, the logs see it when it has run.
  if (!context_.serving_ && !has(command.spec->flags, Flag::skip_monitor))
    show_to_monitors(client, command, args);
  if (context_.blocked_) return;
  Observation& observation = services_.observation;
  const Flag flags = command.spec->flags;
  const auto us = static_cast<std::int64_t>(static_cast<double>(spent) / base::ticks_per_us());
  observation.latency().note(
      has(flags, Flag::fast) ? LatencyEvent::fast_command : LatencyEvent::command, us);
  if (observation.hot_keys().is_active()) note_keys(spent, request_bytes(args) + reply_bytes);
  if (has(flags, Flag::skip_slowlog)) return;
  log_command(CommandLogType::slow, us, client, command, args);
  // What a script calls was not sent by anybody.
  if (!is_called(client) && observation.log(CommandLogType::large_request).is_on())
    log_command(CommandLogType::large_request,
                static_cast<std::int64_t>(request_bytes(args)),
                client,
                command,
                args);
  log_command(
      CommandLogType::large_reply, static_cast<std::int64_t>(reply_bytes), client, command, args);
}

// A script is not counted, what it calls is.
void Executor::note_keys(std::uint64_t spent, std::size_t bytes) {
  Observation& observation = services_.observation;
  if (observation.hot_keys().is_over(context_.now_ms_)) {
    observation.stop_profile(services_.keyspace, context_.now_ms_);
    return;
  }
  if (context_.keys_.empty()) return;
  const double ns = static_cast<double>(spent) * 1000 / base::ticks_per_us();
  observation.hot_keys().note(subscribers_.loop(),
                              context_.keys_,
                              static_cast<std::uint64_t>(ns),
                              bytes,
                              context_.random_.next());
}

void Executor::log_command(CommandLogType type,
                           std::int64_t value,
                           const Client& client,
                           const Command& command,
                           Args args) {
  CommandLog& log = services_.observation.log(type);
  if (!log.takes(value)) return;
  CommandLogEntry entry{.id = 0,
                        .time_s = context_.now_ms_ / 1000,
                        .value = value,
                        .args = kept_args(without_secrets(command, args, services_.config)),
                        .address = client.address,
                        .client_name = {}};
  // Who runs a command for another, a script or the end of a wait, has only that one's id.
  services_.clients.with(client.id, [&](const Client& asking) {
    entry.address = asking.address;
    entry.client_name = asking.name;
  });
  log.add(std::move(entry));
}

bool Executor::is_called(const Client& client) const {
  return unit_ != nullptr && &client == &unit_->scope.client;
}

void Executor::show_to_monitors(const Client& client, const Command& command, Args args) {
  if (!services_.observation.has_monitors() || has(command.spec->flags, Flag::admin)) return;
  subscribers_.publish(std::make_shared<const pubsub::Message>(
      pubsub::Kind::monitor,
      std::string_view(),
      monitor_line(base::wall_us(),
                   client.database.load(std::memory_order_relaxed),
                   is_called(client) ? "lua" : monitor_source(client),
                   without_secrets(command, args, services_.config))));
}

}  // namespace duplex::commands
