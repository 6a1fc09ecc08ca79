// Which clients CLIENT LIST and CLIENT KILL mean.
#include "commands/client_filter.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/command_context.h"

#include <fmt/format.h>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

// Reads ids up to what is no number; returns how many arguments they took, 0 after an error.
std::size_t read_ids(CommandContext& ctx,
                     std::size_t at,
                     std::string_view invalid_id,
                     ClientFilter& filter) {
  std::size_t read = 0;
  for (; at + read < ctx.argc(); ++read) {
    const auto id = base::parse_int64(ctx.arg(at + read));
    if (!id && read != 0) break;
    if (!id || *id < 1) return ctx.error(invalid_id), 0;
    filter.ids.insert(static_cast<std::uint64_t>(*id));
  }
  return read;
}

bool read_value(CommandContext& ctx, std::size_t at, ClientFilter& filter) {
  const std::string_view name = ctx.arg(at);
  const std::string_view value = ctx.arg(at + 1);
  if (equals_ignoring_case(name, "MAXAGE")) {
    const auto age = base::parse_int64(value);
    if (!age) return ctx.error("ERR maxage is not an integer or out of range"), false;
    if (*age < 1) return ctx.error("ERR maxage should be greater than 0"), false;
    filter.age_seconds_min = *age;
  } else if (equals_ignoring_case(name, "TYPE")) {
    filter.type = client_type(value);
    if (!filter.type)
      return ctx.error(fmt::format("ERR Unknown client type '{}'", errors::shown(value))), false;
  } else if (equals_ignoring_case(name, "ADDR")) {
    filter.address = value;
  } else if (equals_ignoring_case(name, "LADDR")) {
    filter.local_address = value;
  } else if (equals_ignoring_case(name, "USER")) {
    filter.user = ctx.services().users.find(value).user;
    if (!filter.user)
      return ctx.error(fmt::format("ERR No such user '{}'", errors::shown(value))), false;
  } else if (equals_ignoring_case(name, "SKIPME")) {
    filter.skip_me = equals_ignoring_case(value, "yes");
    if (!filter.skip_me && !equals_ignoring_case(value, "no"))
      return ctx.error(errors::syntax), false;
  } else {
    return ctx.error(errors::syntax), false;
  }
  return true;
}

}  // namespace

bool ClientFilter::fits(const Client& client, std::uint64_t self, std::int64_t now_ms) const {
  if (skip_me && client.id == self) return false;
  if (!ids.empty() && !ids.contains(client.id)) return false;
  if (address && client.address != *address) return false;
  if (local_address && client.local_address != *local_address) return false;
  if (type && type_of(client) != *type) return false;
  if (user && (!client.user || client.user->id != user->id)) return false;
  return !age_seconds_min || (now_ms - client.created_ms) / 1000 >= *age_seconds_min;
}

bool read_client_filter(CommandContext& ctx,
                        std::size_t at,
                        std::string_view invalid_id,
                        ClientFilter& filter) {
  while (at < ctx.argc()) {
    if (at + 1 == ctx.argc()) return ctx.error(errors::syntax), false;
    if (equals_ignoring_case(ctx.arg(at), "ID")) {
      const std::size_t read = read_ids(ctx, at + 1, invalid_id, filter);
      if (read == 0) return false;
      at += 1 + read;
    } else {
      if (!read_value(ctx, at, filter)) return false;
      at += 2;
    }
  }
  return true;
}

}  // namespace duplex::commands
