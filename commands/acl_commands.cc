// ACL: who may do what.
#include "base/random.h"
#include "base/sha256.h"
#include "commands/acl_log_command.h"
#include "commands/acl_session.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

// A change of users reaches clients that do nothing at this moment, too.
void tell_clients(CommandContext& ctx) {
  acl::tell_clients(ctx.services());
}

void setuser(CommandContext& ctx) {
  const std::string_view name = ctx.arg(2);
  if (acl::has_blanks(name))
    return ctx.error("ERR Usernames can't contain spaces or null characters");
  if (const auto problem = ctx.services().users.set(name, ctx.args().subspan(3)))
    return ctx.error("ERR " + *problem);
  tell_clients(ctx);
  ctx.reply().ok();
}

void deluser(CommandContext& ctx) {
  const Args names = ctx.args().subspan(2);
  for (const std::string_view name : names)
    if (name == acl::default_user) return ctx.error("ERR The 'default' user cannot be removed");
  std::int64_t removed = 0;
  for (const std::string_view name : names)
    removed += ctx.services().users.remove(name) ? 1 : 0;
  tell_clients(ctx);
  ctx.reply().integer(removed);
}

void write_selector(resp::ReplyWriter& reply, const acl::Selector& selector) {
  reply.bulk("commands");
  reply.bulk(selector.commands_text());
  reply.bulk("keys");
  reply.bulk(selector.keys_text());
  reply.bulk("channels");
  reply.bulk(selector.channels_text());
}

void getuser(CommandContext& ctx) {
  const acl::UserPtr user = ctx.services().users.find(ctx.arg(2)).user;
  resp::ReplyWriter& reply = ctx.reply();
  if (!user) return reply.null();
  reply.map(6);
  reply.bulk("flags");
  const auto flags = user->flags();
  reply.set(flags.size());
  for (const std::string_view flag : flags)
    reply.bulk(flag);
  reply.bulk("passwords");
  reply.array(user->passwords.size());
  for (const std::string& password : user->passwords)
    reply.bulk(password);
  write_selector(reply, user->root());
  reply.bulk("selectors");
  reply.array(user->selectors.size() - 1);
  for (std::size_t i = 1; i < user->selectors.size(); ++i) {
    reply.map(3);
    write_selector(reply, user->selectors[i]);
  }
}

void list(CommandContext& ctx) {
  const auto users = ctx.services().users.all();
  ctx.reply().array(users.size());
  for (const acl::UserPtr& user : users)
    ctx.reply().bulk(fmt::format("user {} {}", user->name, user->text()));
}

void users(CommandContext& ctx) {
  const auto users = ctx.services().users.all();
  ctx.reply().array(users.size());
  for (const acl::UserPtr& user : users)
    ctx.reply().bulk(user->name);
}

void whoami(CommandContext& ctx) {
  if (!ctx.client().user) return ctx.reply().null();
  ctx.reply().bulk(ctx.client().user->name);
}

void cat(CommandContext& ctx) {
  if (ctx.argc() > 3) return ctx.unknown_subcommand();
  if (ctx.argc() == 2) {
    ctx.reply().array(categories().size());
    for (const auto& [category, name] : categories())
      ctx.reply().bulk(name);
    return;
  }
  const Category wanted = category_named(ctx.arg(2));
  if (wanted == Category::none)
    return ctx.error(fmt::format("ERR Unknown category '{}'", errors::shown(ctx.arg(2))));
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t count = 0;
  for (const auto& command : ctx.services().table.all()) {
    if (!has(command->spec->categories, wanted)) continue;
    ctx.reply().bulk(command->full_name);
    ++count;
  }
  ctx.reply().end_deferred_array(place, count);
}

void genpass(CommandContext& ctx) {
  constexpr std::int64_t default_bits = 256;
  constexpr std::int64_t bits_max = 4096;
  if (ctx.argc() > 3) return ctx.unknown_subcommand();
  std::int64_t bits = default_bits;
  if (ctx.argc() == 3) {
    const auto given = ctx.integer_arg(2);
    if (!given) return;
    bits = *given;
  }
  if (bits <= 0 || bits > bits_max)
    return ctx.error(
        fmt::format("ERR ACL GENPASS argument must be the number of bits for the "
                    "output password, a positive number up to {}",
                    bits_max));
  std::string bytes(bits_max / 8, '\0');
  base::secure_random(bytes.data(), bytes.size());
  ctx.reply().bulk(base::to_hex(bytes).substr(0, static_cast<std::size_t>((bits + 3) / 4)));
}

void load(CommandContext& ctx) {
  if (const auto problem = ctx.services().server.load_users()) return ctx.error(*problem);
  tell_clients(ctx);
  ctx.reply().ok();
}

void save(CommandContext& ctx) {
  if (const auto problem = ctx.services().server.save_users()) return ctx.error(*problem);
  ctx.reply().ok();
}

void dryrun(CommandContext& ctx) {
  const acl::UserPtr user = ctx.services().users.find(ctx.arg(2)).user;
  if (!user)
    return ctx.error(
        fmt::format("ERR User '{}' not found", errors::shown(ctx.arg(2), std::string_view::npos)));
  const Args args = ctx.args().subspan(3);
  const Command* command = ctx.services().table.find_request(args);
  if (command == nullptr)
    return ctx.error(
        fmt::format("ERR Command '{}' not found", errors::shown(args[0], std::string_view::npos)));
  if (!arity_fits(*command->spec, args.size()))
    return ctx.error(
        fmt::format("ERR wrong number of arguments for '{}' command", command->full_name));
  if (const auto denial = acl::check(*user, *command, args))
    return ctx.reply().bulk(acl::denial_text(*denial, *user, *command, args, true));
  ctx.reply().ok();
}

void help(CommandContext& ctx) {
  ctx.help({
      "CAT [<category>]",
      "    List all commands that belong to <category>, or all command categories",
      "    when no category is specified.",
      "DELUSER <username> [<username> ...]",
      "    Delete a list of users.",
      "DRYRUN <username> <command> [<arg> ...]",
      "    Returns whether the user can execute the given command without executing the command.",
      "GETUSER <username>",
      "    Get the user's details.",
      "GENPASS [<bits>]",
      "    Generate a secure 256-bit user password. The optional `bits` argument can",
      "    be used to specify a different size.",
      "LIST",
      "    Show users details in config file format.",
      "LOAD",
      "    Reload users from the ACL file.",
      "LOG [<count> | RESET]",
      "    Show the ACL log entries.",
      "SAVE",
      "    Save the current config to the ACL file.",
      "SETUSER <username> <attribute> [<attribute> ...]",
      "    Create or modify a user with the specified attributes.",
      "USERS",
      "    List all the registered usernames.",
      "WHOAMI",
      "    Return the current connection username.",
  });
}

constexpr Flag open_flags = Flag::noscript | Flag::loading | Flag::stale;
constexpr Flag admin_flags = open_flags | Flag::admin;
constexpr Category admin_categories = Category::admin | Category::dangerous | Category::slow;
constexpr std::string_view all_nodes_tips =
    "REQUEST_POLICY:ALL_NODES,RESPONSE_POLICY:ALL_SUCCEEDED";

constexpr CommandSpec subcommands[] = {
    {.name = "CAT",
     .arity = -2,
     .flags = open_flags,
     .categories = Category::slow,
     .handler = cat,
     .group = "server",
     .syntax = "[category]",
     .summary = "Lists the ACL categories, or the commands inside a category.",
     .complexity = "O(1) since the categories and commands are a fixed set.",
     .since = "6.0.0"},
    {.name = "DELUSER",
     .arity = -3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = deluser,
     .group = "server",
     .syntax = "username [username ...]",
     .summary = "Deletes ACL users, and terminates their connections.",
     .complexity = "O(1) amortized time considering the typical user.",
     .since = "6.0.0",
     .tips = all_nodes_tips},
    {.name = "DRYRUN",
     .arity = -4,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = dryrun,
     .group = "server",
     .syntax = "username command [arg [arg ...]]",
     .summary = "Simulates the execution of a command by a user, without executing the command.",
     .complexity = "O(1).",
     .since = "7.0.0"},
    {.name = "GENPASS",
     .arity = -2,
     .flags = open_flags,
     .categories = Category::slow,
     .handler = genpass,
     .group = "server",
     .syntax = "[bits]",
     .summary = "Generates a pseudorandom, secure password that can be used to identify ACL users.",
     .complexity = "O(1)",
     .since = "6.0.0"},
    {.name = "GETUSER",
     .arity = 3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = getuser,
     .group = "server",
     .syntax = "username",
     .summary = "Lists the ACL rules of a user.",
     .complexity =
         "O(N). Where N is the number of password, command and pattern rules that the user has.",
     .since = "6.0.0",
     .history = "6.2.0: Added Pub/Sub channel patterns. // 7.0.0: Added selectors and changed the "
                "format of key and channel patterns from a list to their rule representation."},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = help,
     .group = "server",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "6.0.0"},
    {.name = "LIST",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = list,
     .group = "server",
     .summary = "Dumps the effective rules in ACL file format.",
     .complexity = "O(N). Where N is the number of configured users.",
     .since = "6.0.0"},
    {.name = "LOAD",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = load,
     .group = "server",
     .summary = "Reloads the rules from the configured ACL file.",
     .complexity = "O(N). Where N is the number of configured users.",
     .since = "6.0.0"},
    {.name = "LOG",
     .arity = -2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = acl_log,
     .group = "server",
     .syntax = "[count|RESET]",
     .summary = "Lists recent security events generated due to ACL rules.",
     .complexity = "O(N) with N being the number of entries shown.",
     .since = "6.0.0",
     .history = "7.2.0: Added entry ID, timestamp created, and timestamp last updated."},
    {.name = "SAVE",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = save,
     .group = "server",
     .summary = "Saves the effective ACL rules in the configured ACL file.",
     .complexity = "O(N). Where N is the number of configured users.",
     .since = "6.0.0",
     .tips = all_nodes_tips},
    {.name = "SETUSER",
     .arity = -3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = setuser,
     .group = "server",
     .syntax = "username [rule [rule ...]]",
     .summary = "Creates and modifies an ACL user and its rules.",
     .complexity = "O(N). Where N is the number of rules provided.",
     .since = "6.0.0",
     .history = "6.2.0: Added Pub/Sub channel patterns. // 7.0.0: Added selectors and key based "
                "permissions.",
     .tips = all_nodes_tips},
    {.name = "USERS",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = users,
     .group = "server",
     .summary = "Lists all ACL users.",
     .complexity = "O(N). Where N is the number of configured users.",
     .since = "6.0.0"},
    {.name = "WHOAMI",
     .arity = 2,
     .flags = open_flags,
     .categories = Category::slow,
     .handler = whoami,
     .group = "server",
     .summary = "Returns the authenticated username of the current connection.",
     .complexity = "O(1)",
     .since = "6.0.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "ACL",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "A container for Access List Control commands.",
     .complexity = "Depends on subcommand.",
     .since = "6.0.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> acl_commands() {
  return specs;
}

}  // namespace duplex::commands
