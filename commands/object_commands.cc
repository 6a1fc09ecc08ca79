// OBJECT: how a value is kept and how it has been used.
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/string_values.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;

bool counts_frequency(CommandContext& ctx) {
  return commands::counts_frequency(ctx.settings().eviction_policy.load(std::memory_order_relaxed));
}

void object_encoding(CommandContext& ctx) {
  const Entry* entry = ctx.look(ctx.key(), CommandContext::Miss::quiet);
  if (entry == nullptr) return ctx.reply().null();
  ctx.reply().bulk(encoding_name(entry->encoding()));
}

void object_refcount(CommandContext& ctx) {
  const Entry* entry = ctx.look(ctx.key(), CommandContext::Miss::quiet);
  if (entry == nullptr) return ctx.reply().null();
  ctx.reply().integer(reference_count(*entry));
}

void object_idletime(CommandContext& ctx) {
  const Entry* entry = ctx.look(ctx.key(), CommandContext::Miss::quiet);
  if (entry == nullptr) return ctx.reply().null();
  if (counts_frequency(ctx))
    return ctx.error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  ctx.reply().integer(access_mark::idle_s(entry->access_clock(), ctx.now_ms()));
}

void object_freq(CommandContext& ctx) {
  const Entry* entry = ctx.look(ctx.key(), CommandContext::Miss::quiet);
  if (entry == nullptr) return ctx.reply().null();
  if (!counts_frequency(ctx))
    return ctx.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  ctx.reply().integer(ctx.settings().frequency().counter(entry->access_clock(), ctx.now_ms()));
}

void object_help(CommandContext& ctx) {
  ctx.help({
      "ENCODING <key>",
      "    Return the kind of internal representation used in order to store the value",
      "    associated with a <key>.",
      "FREQ <key>",
      "    Return the access frequency index of the <key>. The returned integer is",
      "    proportional to the logarithm of the recent access frequency of the key.",
      "IDLETIME <key>",
      "    Return the idle time of the <key>, that is the approximated number of",
      "    seconds elapsed since the last access to the key.",
      "REFCOUNT <key>",
      "    Return the number of references of the value associated with the specified",
      "    <key>.",
  });
}

constexpr Category read_categories = Category::keyspace | Category::read | Category::slow;

constexpr CommandSpec subcommands[] = {
    {.name = "ENCODING",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = keys(range(2, 0, 1, KeyFlag::ro)),
     .handler = object_encoding,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how the value at a key is kept in memory.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .tips = "nondeterministic_output"},
    {.name = "FREQ",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = keys(range(2, 0, 1, KeyFlag::ro)),
     .handler = object_freq,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how often a key is used, on a logarithmic scale.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .tips = "nondeterministic_output"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::keyspace | Category::slow,
     .handler = object_help,
     .group = "generic",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "IDLETIME",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = keys(range(2, 0, 1, KeyFlag::ro)),
     .handler = object_idletime,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how many seconds ago a key was used.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .tips = "nondeterministic_output"},
    {.name = "REFCOUNT",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = keys(range(2, 0, 1, KeyFlag::ro)),
     .handler = object_refcount,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how many references there are to the value at a key.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .tips = "nondeterministic_output"},
};

constexpr CommandSpec specs[] = {
    {.name = "OBJECT",
     .arity = -2,
     .categories = Category::slow,
     .group = "generic",
     .summary = "Container of the commands that look at how values are kept.",
     .complexity = "Depends on the subcommand.",
     .since = "2.2.3",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> object_commands() {
  return specs;
}

}  // namespace duplex::commands
