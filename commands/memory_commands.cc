// MEMORY: what keys and the server take, and what may be wrong with it.
#include "base/memory.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/script_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

// How many elements to look at; the last SAMPLES counts, 0 means all. Answers the error itself.
std::optional<std::size_t> samples_option(CommandContext& ctx) {
  std::size_t samples = store::memory_samples;
  for (std::size_t i = 3; i < ctx.argc(); i += 2) {
    if (!base::equals_ignoring_case(ctx.arg(i), "samples") || i + 1 == ctx.argc()) {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
    const auto asked = ctx.integer_arg(i + 1);
    if (!asked) return std::nullopt;
    if (*asked < 0) {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
    samples =
        *asked == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(*asked);
  }
  return samples;
}

void memory_usage(CommandContext& ctx) {
  const auto samples = samples_option(ctx);
  if (!samples) return;
  const store::Entry* entry = ctx.peek(ctx.key());
  if (entry == nullptr) return ctx.reply().null();
  ctx.reply().integer(static_cast<std::int64_t>(entry->memory_bytes(*samples)));
}

struct DatabaseUse {
  int number = 0;
  std::size_t table_bytes = 0;
};

// The memory of the process and what it is spent on.
struct Balance {
  MemoryUse use;
  ScriptUse scripts;
  std::uint64_t client_bytes = 0;
  std::uint64_t overhead = 0;  // what is no data
  std::uint64_t keys = 0;
  std::vector<DatabaseUse> databases;  // those that hold keys

  std::uint64_t dataset() const { return use.allocated > overhead ? use.allocated - overhead : 0; }
  std::uint64_t since_start() const {
    return use.allocated > use.at_start ? use.allocated - use.at_start : 0;
  }
};

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

Balance balance_of(CommandContext& ctx) {
  Balance balance;
  balance.use = ctx.services().server.memory();
  ctx.services().clients.for_each([&](const Client& client) {
    if (client.connection == nullptr) return;
    balance.client_bytes += client.connection->input_bytes() + client.connection->output_bytes();
  });
  if (const ScriptHost* scripts = ctx.services().scripts; scripts != nullptr)
    balance.scripts = scripts->use();
  balance.overhead = balance.use.at_start + balance.use.log_buffer + balance.client_bytes +
                     balance.scripts.cached_bytes + balance.scripts.library_bytes;
  for (int number = 0; number < ctx.services().keyspace.databases(); ++number) {
    const std::size_t keys = ctx.lock().size(number).keys;
    if (keys == 0) continue;
    balance.databases.push_back({number, ctx.lock().table_bytes(number)});
    balance.overhead += balance.databases.back().table_bytes;
    balance.keys += keys;
  }
  return balance;
}

// Writes a map whose size is known only at the end.
class Fields {
 public:
  explicit Fields(resp::ReplyWriter& reply) : reply_(reply), place_(reply.begin_deferred()) {}
  ~Fields() { reply_.end_deferred_map(place_, count_); }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  void add(std::string_view name, std::uint64_t value) {
    begin(name);
    reply_.integer(static_cast<std::int64_t>(value));
  }
  void add_real(std::string_view name, double value) {
    begin(name);
    reply_.real(value);
  }
  // What is to follow is the field's value.
  void begin(std::string_view name) {
    reply_.bulk(name);
    ++count_;
  }

 private:
  resp::ReplyWriter& reply_;
  std::size_t place_;
  std::size_t count_ = 0;
};

// What is kept in other ways here, or not at all, is 0: the expiry of a key stands in its entry.
void add_database(Fields& fields, resp::ReplyWriter& reply, const DatabaseUse& database) {
  fields.begin(fmt::format("db.{}", database.number));
  Fields inner(reply);
  inner.add("overhead.hashtable.main", database.table_bytes);
  inner.add("overhead.hashtable.expires", 0);
  inner.add("overhead.hashtable.slot-to-keys", 0);
}

void memory_stats(CommandContext& ctx) {
  const Balance balance = balance_of(ctx);
  const MemoryUse& use = balance.use;
  const std::uint64_t unused = use.resident > use.allocated ? use.resident - use.allocated : 0;
  Fields fields(ctx.reply());
  fields.add("peak.allocated", use.peak);
  fields.add("total.allocated", use.allocated);
  fields.add("startup.allocated", use.at_start);
  fields.add("replication.backlog", 0);
  fields.add("clients.slaves", 0);
  fields.add("clients.normal", balance.client_bytes);
  fields.add("cluster.links", 0);
  fields.add("aof.buffer", use.log_buffer);
  fields.add("lua.caches", balance.scripts.cached_bytes);
  fields.add("functions.caches", balance.scripts.library_bytes);
  for (const DatabaseUse& database : balance.databases)
    add_database(fields, ctx.reply(), database);
  fields.add("overhead.total", balance.overhead);
  fields.add("keys.count", balance.keys);
  fields.add("keys.bytes-per-key", balance.keys == 0 ? 0 : balance.since_start() / balance.keys);
  fields.add("dataset.bytes", balance.dataset());
  fields.add_real("dataset.percentage", 100 * ratio(balance.dataset(), balance.since_start()));
  fields.add_real("peak.percentage", 100 * ratio(use.allocated, use.peak));
  // The allocator does not tell how much of its memory it has touched: that is the process's.
  fields.add("allocator.allocated", use.allocated);
  fields.add("allocator.active", use.resident);
  fields.add("allocator.resident", use.resident);
  fields.add_real("allocator-fragmentation.ratio", ratio(use.resident, use.allocated));
  fields.add("allocator-fragmentation.bytes", unused);
  fields.add_real("allocator-rss.ratio", 1);
  fields.add("allocator-rss.bytes", 0);
  fields.add_real("rss-overhead.ratio", 1);
  fields.add("rss-overhead.bytes", 0);
  fields.add_real("fragmentation", ratio(use.resident, use.allocated));
  fields.add("fragmentation.bytes", unused);
}

// The thresholds are those of Redis.
void memory_doctor(CommandContext& ctx) {
  constexpr std::uint64_t least_bytes = 5 << 20;
  constexpr std::uint64_t least_unused_bytes = 10 << 20;
  constexpr std::uint64_t client_bytes_max = 200 << 10;
  const Balance balance = balance_of(ctx);
  const MemoryUse& use = balance.use;
  if (use.allocated < least_bytes)
    return ctx.reply().verbatim("txt", "There is too little data in memory to judge by.\n");
  std::string report;
  const auto add = [&](std::string_view text) { report += fmt::format(" * {}\n", text); };
  if (ratio(use.peak, use.allocated) > 1.5)
    add("Peak: the server once used more than one and a half times of what it uses now. That it "
        "still holds more physical memory than it needs may come from there; MEMORY PURGE can give "
        "some of it back.");
  if (ratio(use.resident, use.allocated) > 1.4 && use.resident > use.allocated + least_unused_bytes)
    add("Fragmentation: physical memory is more than 1.4 times of what is allocated. Data of many "
        "different sizes that comes and goes does this; a restart packs it anew.");
  const std::size_t clients = ctx.services().clients.size();
  if (clients != 0 && balance.client_bytes / clients > client_bytes_max)
    add("Clients: the buffers of clients take more than 200 KiB each. Some of them may be slower "
        "to read than they are written to; CLIENT LIST shows which.");
  if (report.empty()) return ctx.reply().verbatim("txt", "Nothing is wrong with the memory.\n");
  ctx.reply().verbatim("txt", "What may be wrong with the memory:\n\n" + report);
}

void memory_malloc_stats(CommandContext& ctx) {
  const std::string text = base::allocator_statistics();
  if (text.empty()) return ctx.reply().bulk("Stats not supported for the current allocator");
  ctx.reply().verbatim("txt", text);
}

void memory_purge(CommandContext& ctx) {
  base::release_unused_memory();
  ctx.reply().ok();
}

void memory_help(CommandContext& ctx) {
  ctx.help({
      "DOCTOR",
      "    Return memory problems reports.",
      "MALLOC-STATS",
      "    Return internal statistics report from the memory allocator.",
      "PURGE",
      "    Attempt to purge dirty pages for reclamation by the allocator.",
      "STATS",
      "    Return information about the memory usage of the server.",
      "USAGE <key> [SAMPLES <count>]",
      "    Return memory in bytes used by <key> and its value. Nested values are",
      "    sampled up to <count> times (default: 64, 0 means sample all).",
  });
}

constexpr std::string_view report_tips =
    "nondeterministic_output,request_policy:all_shards,response_policy:special";
constexpr std::string_view depends = "Depends on how much memory is allocated, could be slow";

constexpr CommandSpec subcommands[] = {
    {.name = "DOCTOR",
     .arity = 2,
     .flags = Flag::visits_shards,
     .categories = Category::slow,
     .handler = memory_doctor,
     .group = "server",
     .summary = "Tells what may be wrong with the memory.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .tips = report_tips},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = memory_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "4.0.0"},
    {.name = "MALLOC-STATS",
     .arity = 2,
     .categories = Category::slow,
     .handler = memory_malloc_stats,
     .group = "server",
     .summary = "Returns what the allocator tells about itself.",
     .complexity = depends,
     .since = "4.0.0",
     .tips = report_tips},
    {.name = "PURGE",
     .arity = 2,
     .categories = Category::slow,
     .handler = memory_purge,
     .group = "server",
     .summary = "Gives memory that is not in use back to the system.",
     .complexity = depends,
     .since = "4.0.0",
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "STATS",
     .arity = 2,
     .flags = Flag::visits_shards,
     .categories = Category::slow,
     .handler = memory_stats,
     .group = "server",
     .summary = "Tells what memory is used for.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .tips = report_tips},
    {.name = "USAGE",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow,
     .keys = keys(range(2, 0, 1, KeyFlag::ro)),
     .handler = memory_usage,
     .group = "server",
     .syntax = "key [SAMPLES count]",
     .summary = "Tells how much memory a key and its value take.",
     .complexity = "O(N) where N is the number of samples.",
     .since = "4.0.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "MEMORY",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands about memory.",
     .complexity = "Depends on the subcommand.",
     .since = "4.0.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> memory_commands() {
  return specs;
}

}  // namespace duplex::commands
