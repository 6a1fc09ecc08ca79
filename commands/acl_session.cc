// Which user a client is, and what happens when that user may not do something.
#include "commands/acl_session.h"

#include "commands/client_description.h"
#include "commands/errors.h"
#include "commands/services.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duplex::commands::acl {

namespace {

void become(Services& services, Client& client, Users::Current current) {
  client.is_restricted = !current.user->is_unrestricted();
  client.acl_version = current.version;
  // Other threads read the name of the user under the registry's lock.
  services.clients.change(client, [&](Client& c) { c.user = std::move(current.user); });
}

bool subscriptions_allowed(const Client& client, const User& user) {
  const auto all_allowed = [&](const auto& names, bool are_patterns) {
    return std::ranges::all_of(
        names, [&](const std::string& name) { return allows_channel(user, name, are_patterns); });
  };
  return all_allowed(client.channels, false) && all_allowed(client.patterns, true) &&
         all_allowed(client.shard_channels, false);
}

}  // namespace

void begin_session(Services& services, Client& client) {
  become(services, client, services.users.find(default_user));
  client.authenticated.store(!services.users.auth_required(), std::memory_order_relaxed);
}

bool authenticate(Services& services,
                  Client& client,
                  std::string_view name,
                  std::string_view password,
                  std::string_view command,
                  std::int64_t now_ms) {
  Users::Current current = services.users.authenticate(name, password);
  if (!current.user) {
    services.users.log().add({.reason = Denial::Reason::auth,
                              .origin = client.transaction.open ? Origin::multi : Origin::toplevel,
                              .object = std::string(command),
                              .username = std::string(name),
                              .client = describe(client, now_ms),
                              .created_ms = now_ms,
                              .updated_ms = now_ms});
    return false;
  }
  become(services, client, std::move(current));
  client.authenticated.store(true, std::memory_order_relaxed);
  return true;
}

bool become_user(Services& services, Client& client, std::string_view name) {
  Users::Current current = services.users.find(name);
  if (!current.user || !current.user->is_on) return false;
  become(services, client, std::move(current));
  client.authenticated.store(true, std::memory_order_relaxed);
  return true;
}

bool refresh(Services& services, Client& client) {
  if (!client.user) {  // not a client of access control
    client.acl_version = services.users.version();
    return true;
  }
  const UserPtr before = client.user;
  Users::Current now = services.users.find_again(*before);
  const bool may_stay =
      now.user && (!client.is_subscribed() || now.user == before ||
                   channels_cover(*now.user, *before) || subscriptions_allowed(client, *now.user));
  if (may_stay) {
    become(services, client, std::move(now));
  } else {
    become(services, client, services.users.find(default_user));
    client.authenticated.store(false, std::memory_order_relaxed);
  }
  return may_stay;
}

void tell_clients(Services& services) {
  services.clients.for_each([&](const Client& client) {
    if (!client.user) return;
    const UserPtr now = services.users.find_again(*client.user).user;
    if (now == client.user || (now && !is_subscriber(client))) return;
    client.connection->request_user_check();
  });
}

void note_denial(Services& services,
                 const Client& client,
                 const Denial& denial,
                 const Command& command,
                 Args args,
                 Origin origin,
                 std::int64_t now_ms) {
  const bool is_command = denial.reason == Denial::Reason::command;
  services.users.log().add(
      {.reason = denial.reason,
       .origin = origin,
       .object = std::string(is_command ? command.full_name : args[denial.index]),
       .username = client.user->name,
       .client = describe(client, now_ms),
       .created_ms = now_ms,
       .updated_ms = now_ms});
}

std::string denial_text(
    const Denial& denial, const User& user, const Command& command, Args args, bool verbose) {
  if (denial.reason == Denial::Reason::command)
    return fmt::format(
        "User {} has no permissions to run the '{}' command", user.name, command.full_name);
  const std::string_view kind = denial.reason == Denial::Reason::key ? "key" : "channel";
  if (!verbose) return fmt::format("No permissions to access a {}", kind);
  return fmt::format(
      "User {} has no permissions to access the '{}' {}", user.name, args[denial.index], kind);
}

}  // namespace duplex::commands::acl
