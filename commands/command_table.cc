// All commands the server knows, put together from the families' tables.
#include "commands/command_table.h"

#include "base/assert.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace duplex::commands {

namespace {

// Case does not matter, so letters are hashed as if they were lower case.
std::size_t bucket_of(std::string_view name) {
  std::uint64_t hash = name.size();
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c | 0x20)) * 0x100000001b3u;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

// Redis keeps may_replicate to itself as well.
constexpr std::pair<Flag, std::string_view> flag_table[] = {
    {Flag::write, "write"},
    {Flag::readonly, "readonly"},
    {Flag::denyoom, "denyoom"},
    {Flag::admin, "admin"},
    {Flag::pubsub, "pubsub"},
    {Flag::noscript, "noscript"},
    {Flag::blocking, "blocking"},
    {Flag::loading, "loading"},
    {Flag::stale, "stale"},
    {Flag::skip_monitor, "skip_monitor"},
    {Flag::skip_slowlog, "skip_slowlog"},
    {Flag::fast, "fast"},
    {Flag::no_auth, "no_auth"},
    {Flag::no_async_loading, "no_async_loading"},
    {Flag::no_multi, "no_multi"},
    {Flag::movable_keys, "movablekeys"},
    {Flag::allow_busy, "allow_busy"},
};

constexpr std::pair<Category, std::string_view> category_table[] = {
    {Category::keyspace, "keyspace"},
    {Category::read, "read"},
    {Category::write, "write"},
    {Category::set, "set"},
    {Category::sortedset, "sortedset"},
    {Category::list, "list"},
    {Category::hash, "hash"},
    {Category::string, "string"},
    {Category::bitmap, "bitmap"},
    {Category::hyperloglog, "hyperloglog"},
    {Category::geo, "geo"},
    {Category::stream, "stream"},
    {Category::pubsub, "pubsub"},
    {Category::admin, "admin"},
    {Category::fast, "fast"},
    {Category::slow, "slow"},
    {Category::blocking, "blocking"},
    {Category::dangerous, "dangerous"},
    {Category::connection, "connection"},
    {Category::transaction, "transaction"},
    {Category::scripting, "scripting"},
};

constexpr std::pair<KeyFlag, std::string_view> key_flag_table[] = {
    {KeyFlag::ow, "OW"},
    {KeyFlag::ro, "RO"},
    {KeyFlag::rw, "RW"},
    {KeyFlag::rm, "RM"},
    {KeyFlag::access, "access"},
    {KeyFlag::update, "update"},
    {KeyFlag::insert, "insert"},
    {KeyFlag::deletes, "delete"},
    {KeyFlag::not_key, "not_key"},
    {KeyFlag::incomplete, "incomplete"},
    {KeyFlag::variable_flags, "variable_flags"},
};

template <typename Set, std::size_t size>
std::vector<std::string_view> names_in(Set set,
                                       const std::pair<Set, std::string_view> (&table)[size]) {
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : table)
    if (has(set, bit)) names.push_back(name);
  return names;
}

}  // namespace

std::span<const std::pair<Category, std::string_view>> categories() {
  return category_table;
}

Category category_named(std::string_view name) {
  for (const auto& [category, category_name] : category_table)
    if (base::equals_ignoring_case(category_name, name)) return category;
  return Category::none;
}

std::vector<std::string_view> flag_names(Flag flags) {
  return names_in(flags, flag_table);
}
std::vector<std::string_view> category_names(Category categories) {
  return names_in(categories, category_table);
}
std::vector<std::string_view> key_flag_names(KeyFlag flags) {
  return names_in(flags, key_flag_table);
}

const Command* Command::subcommand(std::string_view name) const {
  for (const Command* sub : subcommands)
    if (base::equals_ignoring_case(sub->spec->name, name)) return sub;
  return nullptr;
}

bool Command::is_renamed() const {
  const Command& own = container == nullptr ? *this : *container;
  return own.called != own.full_name;
}

void CommandTable::Names::place(std::size_t index) {
  std::size_t at = bucket_of(named_[index].name) % buckets;
  while (table_[at] != 0)
    at = (at + 1) % buckets;
  table_[at] = static_cast<std::uint16_t>(index + 1);
}

void CommandTable::Names::add(std::string_view name, Command* command) {
  DUPLEX_ASSERT(find(name) == nullptr && named_.size() < buckets / 2);
  named_.push_back({std::string(name), command});
  place(named_.size() - 1);
}

void CommandTable::Names::remove(std::string_view name) {
  std::erase_if(named_,
                [&](const Named& named) { return base::equals_ignoring_case(named.name, name); });
  table_.fill(0);
  for (std::size_t i = 0; i < named_.size(); ++i)
    place(i);
}

Command* CommandTable::Names::find(std::string_view name) const {
  for (std::size_t at = bucket_of(name) % buckets; table_[at] != 0; at = (at + 1) % buckets) {
    const Named& named = named_[table_[at] - 1u];
    if (base::equals_ignoring_case(named.name, name)) return named.command;
  }
  return nullptr;
}

CommandTable::CommandTable(std::span<const std::span<const CommandSpec>> families) {
  for (const auto& family : families) {
    for (const CommandSpec& spec : family) {
      Command* command = add(spec, nullptr);
      command->called = command->full_name;
      sorted_.push_back(command);
      called_.add(command->called, command);
      original_.add(command->full_name, command);
    }
  }
  std::sort(sorted_.begin(), sorted_.end(), [](const Command* a, const Command* b) {
    return a->full_name < b->full_name;
  });
}

std::optional<std::string_view> CommandTable::rename(std::string_view from, std::string_view to) {
  Command* command = called_.find(from);
  if (command == nullptr) return "No such command in rename-command";
  called_.remove(from);
  command->called.clear();
  if (to.empty()) {
    std::erase(sorted_, command);
    return std::nullopt;
  }
  if (called_.find(to) != nullptr) return "Target command name already exists";
  command->called = base::lowered(to);
  called_.add(command->called, command);
  return std::nullopt;
}

Command* CommandTable::add(const CommandSpec& spec, const Command* container) {
  DUPLEX_ASSERT(spec.handler != nullptr || !spec.subcommands.empty());
  all_.push_back(std::make_unique<Command>());
  Command* command = all_.back().get();
  command->spec = &spec;
  command->container = container;
  command->index = all_.size() - 1;
  command->full_name = base::lowered(spec.name);
  if (container != nullptr) command->full_name = container->full_name + "|" + command->full_name;
  if (spec.keys.count == 1 && spec.keys.specs[0].begin == KeySpec::Begin::index &&
      spec.keys.specs[0].find == KeySpec::Find::range && spec.keys.specs[0].last == 0 &&
      !has(spec.keys.specs[0].flags, KeyFlag::not_key))
    command->only_key_index = static_cast<std::size_t>(spec.keys.specs[0].index);
  for (const CommandSpec& sub : spec.subcommands)
    command->subcommands.push_back(add(sub, command));
  return command;
}

const Command* CommandTable::find(std::string_view name) const {
  return called_.find(name);
}

const Command* CommandTable::find_full(std::string_view full_name) const {
  const std::size_t bar = full_name.find('|');
  const Command* command = find(full_name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return command->subcommand(full_name.substr(bar + 1));
}

const Command* CommandTable::find_request(Args args) const {
  const Command* command = find(args[0]);
  if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
  return command->subcommand(args[1]);
}

const Command* CommandTable::find_original(std::string_view full_name) const {
  const std::size_t bar = full_name.find('|');
  const Command* command = original_.find(full_name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return command->subcommand(full_name.substr(bar + 1));
}

const Command* CommandTable::find_logged(std::string_view name) const {
  const Command* command = original_.find(name);
  return command != nullptr ? command : called_.find(name);
}

}  // namespace duplex::commands
