// MONITOR.
//
// A line is a message of the hub: so it reaches monitors on every loop in one order, is encoded
// once, and counts against the output limit of the client that reads too slowly.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/monitors.h"
#include "commands/observation.h"

#include <fmt/format.h>

#include <iterator>

namespace duplex::commands {

namespace {

void append_quoted(std::string& out, std::string_view bytes) {
  out += '"';
  for (const char c : bytes) {
    switch (c) {
      case '\\':
      case '"':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~')
          out += c;
        else
          fmt::format_to(std::back_inserter(out),
                         "\\x{:02x}",
                         static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  out += '"';
}

void monitor(CommandContext& ctx) {
  Client& client = ctx.client();
  if (ctx.in_transaction()) return ctx.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  if (client.subscriber == nullptr)
    return ctx.error("ERR MONITOR is not available on this connection");
  if (client.is_monitor.load(std::memory_order_relaxed)) return;
  client.is_monitor.store(true, std::memory_order_relaxed);
  ctx.subscribers().subscribe(*client.subscriber, pubsub::Kind::monitor, {});
  ctx.services().observation.begin_monitoring();
  ctx.reply().ok();
}

constexpr CommandSpec specs[] = {
    {.name = "MONITOR",
     .arity = 1,
     .flags = Flag::admin | Flag::noscript | Flag::loading | Flag::stale,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = monitor,
     .group = "server",
     .summary = "Shows every command that the server runs from now on.",
     .since = "1.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::string monitor_line(std::int64_t now_us, int database, std::string_view source, Args args) {
  std::string line =
      fmt::format("{}.{:06} [{} {}]", now_us / 1'000'000, now_us % 1'000'000, database, source);
  for (const std::string_view arg : args) {
    line += ' ';
    append_quoted(line, arg);
  }
  return line;
}

std::string monitor_source(const Client& client) {
  constexpr std::string_view no_port = ":0";
  const std::string_view address = client.address;
  if (!address.ends_with(no_port)) return client.address;
  return fmt::format("unix:{}", address.substr(0, address.size() - no_port.size()));
}

void stop_monitoring(Services& services, Client& client, pubsub::LoopSubscribers& subscribers) {
  if (!client.is_monitor.exchange(false, std::memory_order_relaxed)) return;
  subscribers.unsubscribe(*client.subscriber, pubsub::Kind::monitor, {});
  services.observation.end_monitoring();
}

std::span<const CommandSpec> monitor_commands() {
  return specs;
}

}  // namespace duplex::commands
