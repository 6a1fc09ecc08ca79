// A client as CLIENT LIST and CLIENT INFO show it.
#include "commands/client_description.h"

#include "base/text.h"
#include "commands/acl_user.h"
#include "commands/tracking.h"

#include <fmt/format.h>

namespace duplex::commands {

namespace {

std::string flags_of(const Client& client) {
  std::string flags;
  const std::uint8_t tracked = client.tracking.load(std::memory_order_relaxed);
  if (client.is_monitor.load(std::memory_order_relaxed)) flags += 'O';
  if (is_subscriber(client)) flags += 'P';
  if (client.multi_count.load(std::memory_order_relaxed) >= 0) flags += 'x';
  if (client.is_blocked.load(std::memory_order_relaxed) ||
      client.is_postponed.load(std::memory_order_relaxed))
    flags += 'b';
  if (tracked != 0) flags += 't';
  if ((tracked & tracking::broken_redirect) != 0) flags += 'R';
  if ((tracked & tracking::broadcast) != 0) flags += 'B';
  // A client without a port came through a Unix socket.
  if (client.local_address.ends_with(":0")) flags += 'U';
  if (client.closing.load(std::memory_order_relaxed)) flags += 'c';
  if (client.address.starts_with('/')) flags += 'U';
  if (client.no_evict.load(std::memory_order_relaxed)) flags += 'e';
  if (client.no_touch.load(std::memory_order_relaxed)) flags += 'T';
  if (client.is_import_source.load(std::memory_order_relaxed)) flags += 'I';
  return flags.empty() ? "N" : flags;
}

// The server's own clients, of which ACL LOG may tell, have no connection.
std::size_t input_of(const Client& client) {
  return client.connection == nullptr ? 0 : client.connection->input_bytes();
}
std::size_t output_of(const Client& client) {
  return client.connection == nullptr ? 0 : client.connection->output_bytes();
}

}  // namespace

bool is_subscriber(const Client& client) {
  return client.channels_count.load(std::memory_order_relaxed) +
             client.patterns_count.load(std::memory_order_relaxed) +
             client.shard_channels_count.load(std::memory_order_relaxed) !=
         0;
}

std::int64_t tracking_redirect_of(const Client& client) {
  if (client.tracking.load(std::memory_order_relaxed) == 0) return -1;
  return static_cast<std::int64_t>(client.tracking_redirect.load(std::memory_order_relaxed));
}

std::size_t memory_of(const Client& client) {
  return sizeof(Client) + input_of(client) + output_of(client) +
         client.multi_bytes.load(std::memory_order_relaxed);
}

std::string describe(const Client& client, std::int64_t now_ms) {
  const auto relaxed = std::memory_order_relaxed;
  const Command* last = client.last_command.load(relaxed);
  const std::size_t input = input_of(client);
  const std::size_t output = output_of(client);
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} "
      "multi={} watch={} qbuf={} qbuf-free=0 argv-mem=0 multi-mem={} rbs=0 rbp=0 obl={} oll=0 "
      "omem={} tot-mem={} events=r cmd={} user={} redir={} resp={} lib-name={} lib-ver={} "
      "tot-net-in={} tot-net-out={} tot-cmds={}",
      client.id,
      client.address,
      client.local_address,
      client.fd,
      client.name,
      (now_ms - client.created_ms) / 1000,
      (now_ms - client.last_active_ms.load(relaxed)) / 1000,
      flags_of(client),
      client.database.load(relaxed),
      client.channels_count.load(relaxed),
      client.patterns_count.load(relaxed),
      client.shard_channels_count.load(relaxed),
      client.multi_count.load(relaxed),
      client.watch_count.load(relaxed),
      input,
      client.multi_bytes.load(relaxed),
      output,
      output,
      memory_of(client),
      last == nullptr ? "NULL" : last->full_name,
      client.user ? std::string_view(client.user->name) : "(superuser)",
      tracking_redirect_of(client),
      static_cast<int>(client.protocol.load(relaxed)),
      client.library_name,
      client.library_version,
      client.input_bytes_total.load(relaxed),
      client.output_bytes_total.load(relaxed),
      client.commands_run.load(relaxed));
}

std::string_view type_of(const Client& client) {
  return is_subscriber(client) ? "pubsub" : "normal";
}

std::optional<std::string_view> client_type(std::string_view name) {
  if (base::equals_ignoring_case(name, "normal")) return "normal";
  if (base::equals_ignoring_case(name, "pubsub")) return "pubsub";
  if (base::equals_ignoring_case(name, "slave") || base::equals_ignoring_case(name, "replica"))
    return "replica";
  if (base::equals_ignoring_case(name, "master") || base::equals_ignoring_case(name, "primary"))
    return "primary";
  return std::nullopt;
}

}  // namespace duplex::commands
