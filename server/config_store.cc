// The configuration of the running server: snapshots for readers, CONFIG GET, SET and REWRITE.
#include "server/config_store.h"

#include "base/assert.h"
#include "base/glob.h"
#include "base/text.h"
#include "server/config_rewrite.h"
#include "server/config_table.h"

#include <fmt/format.h>

#include <set>

namespace duplex::server {

namespace {

std::string failed(std::string_view name, std::string_view reason) {
  return fmt::format(
      "ERR CONFIG SET failed (possibly related to argument '{}') - {}", name, reason);
}

}  // namespace

ConfigStore::ConfigStore(LoadedConfig loaded)
    : file_(std::move(loaded.file)), start_dir_(std::move(loaded.start_dir)) {
  publish(std::move(loaded.config));
}

std::shared_ptr<const Config> ConfigStore::snapshot() const {
  base::MutexLock lock(mutex_);
  return current_;
}

void ConfigStore::publish(Config next) {
  auto shared = std::make_shared<const Config>(std::move(next));
  base::MutexLock lock(mutex_);
  live_.maxclients = shared->maxclients;
  live_.timeout_s = shared->timeout_s;
  live_.maxmemory = shared->maxmemory;
  live_.proto_max_bulk_len = shared->proto_max_bulk_len;
  live_.client_query_buffer_limit = shared->client_query_buffer_limit;
  live_.slowlog_log_slower_than_us = shared->slowlog_log_slower_than_us;
  live_.latency_monitor_threshold_ms = shared->latency_monitor_threshold_ms;
  live_.hz = shared->hz;
  current_ = std::move(shared);
}

void ConfigStore::on_change(std::string_view name, Action action) {
  const Directive* directive = find_directive(name);
  DUPLEX_ASSERT(directive);
  actions_[directive->name].push_back(std::move(action));
}

std::vector<ConfigStore::Pair> ConfigStore::get(std::span<const std::string_view> patterns) const {
  const std::shared_ptr<const Config> config = snapshot();
  std::vector<Pair> result;
  std::set<std::string> shown;
  const auto show = [&](const Directive& row, std::string_view name) {
    if (row.has(file_only) || !shown.insert(base::lowered(name)).second) return;
    result.emplace_back(name, row.read(row, *config));
  };
  for (const std::string_view pattern : patterns) {
    if (base::glob_is_literal(pattern)) {
      // A plain name is answered as the client wrote it.
      if (const Directive* row = find_directive(pattern)) show(*row, pattern);
      continue;
    }
    for (const Directive* row : all_directives())
      for (const std::string_view name : {row->name, row->alias})
        if (!name.empty() && base::glob_match(pattern, name, base::GlobCase::insensitive))
          show(*row, name);
  }
  return result;
}

std::expected<std::vector<ConfigStore::Change>, std::string> ConfigStore::checked(
    std::span<const std::pair<std::string_view, std::string_view>> changes) const {
  const bool guarded_allowed = snapshot()->enable_protected_configs == DebugCommand::yes;
  std::vector<Change> result;
  std::set<std::string> names;
  for (const auto& [name, value] : changes) {
    const Directive* directive = find_directive(name);
    if (!directive || directive->has(file_only))
      return std::unexpected(
          fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'", name));
    if (directive->has(fixed)) return std::unexpected(failed(name, "can't set immutable config"));
    if (directive->has(guarded) && !guarded_allowed)
      return std::unexpected(failed(name, "can't set protected config"));
    if (!names.insert(base::lowered(name)).second)
      return std::unexpected(failed(name, "duplicate parameter"));
    // Complaints about the value name the directive in small letters, as Redis does.
    const bool by_alias = base::equals_ignoring_case(name, directive->alias);
    result.push_back({directive, by_alias ? directive->alias : directive->name, value});
  }
  return result;
}

std::optional<std::string> ConfigStore::set(
    std::span<const std::pair<std::string_view, std::string_view>> requested) {
  const std::lock_guard lock(changing_);
  const auto changes = checked(requested);
  if (!changes) return changes.error();
  const std::shared_ptr<const Config> old = snapshot();
  Config next = *old;
  for (const Change& change : *changes) {
    const std::string value(change.value);
    const Directive& directive = *change.directive;
    const Outcome outcome = directive.write(directive, next, Words(&value, 1), Source::run_time);
    if (!outcome) return failed(change.name, outcome.error());
    const bool nobody_acts = directive.has(owned) && !actions_.contains(directive.name);
    if (nobody_acts && directive.read(directive, *old) != directive.read(directive, next))
      return failed(change.name, "can't set immutable config");
  }
  if (auto refusal = act(*changes, *old, next)) return refusal;
  publish(std::move(next));
  return std::nullopt;
}

std::optional<std::string> ConfigStore::act(const std::vector<Change>& changes,
                                            const Config& old,
                                            const Config& next) {
  std::vector<const Action*> done;
  for (const Change& change : changes) {
    const Directive& row = *change.directive;
    if (!row.has(reloaded) && row.read(row, old) == row.read(row, next)) continue;
    const auto found = actions_.find(row.name);
    if (found == actions_.end()) continue;
    for (const Action& action : found->second) {
      const Outcome outcome = action(next);
      if (outcome) {
        done.push_back(&action);
        continue;
      }
      // The old values were accepted once; there is nobody to tell if they are refused now.
      for (auto undo = done.rbegin(); undo != done.rend(); ++undo)
        static_cast<void>((**undo)(old));
      return failed(change.name, outcome.error());
    }
  }
  return std::nullopt;
}

std::optional<std::string> ConfigStore::rewrite(std::vector<UserLine> users) {
  const std::lock_guard lock(changing_);
  if (file_.empty()) return "ERR The server is running without a config file";
  Config current = *snapshot();
  current.users = std::move(users);
  const Outcome outcome = rewrite_config_file(file_, start_dir_, current);
  if (!outcome) return "ERR Rewriting config file: " + outcome.error();
  return std::nullopt;
}

}  // namespace duplex::server
