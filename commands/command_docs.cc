// What COMMAND answers about a command: COMMAND INFO's entry and COMMAND DOCS' entry.
#include "commands/command_docs.h"

#include "base/text.h"
#include "commands/command_syntax.h"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>

namespace duplex::commands {

namespace {

std::vector<std::string_view> split_list(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + separator.size());
  }
  return parts;
}

void write_set(resp::ReplyWriter& reply, const std::vector<std::string_view>& names) {
  reply.set(names.size());
  for (const std::string_view name : names)
    reply.status(name);
}

// The one range of keys that clients from before key specifications know; all 0 without keys.
struct LegacyRange {
  int first = 0;
  int last = 0;
  int step = 0;
};

// One range is taken as it is. Of several specifications those count that continue each other one
// key at a time.
LegacyRange legacy_range(std::span<const KeySpec> specs) {
  LegacyRange range;
  int expected = 0;
  for (const KeySpec& spec : specs) {
    if (spec.begin != KeySpec::Begin::index || spec.find != KeySpec::Find::range) continue;
    const int last = spec.last < 0 ? spec.last : spec.index + spec.last;
    if (specs.size() == 1) return {spec.index, last, spec.step};
    if (spec.step != 1 || (expected != 0 && expected != spec.index)) continue;
    if (range.first == 0) range = {spec.index, last, 1};
    range.last = last;
    expected = last + 1;
  }
  return range;
}

void write_typed(resp::ReplyWriter& reply, std::string_view name, std::string_view type) {
  reply.bulk(name);
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
}

void write_number(resp::ReplyWriter& reply, std::string_view name, int value) {
  reply.bulk(name);
  reply.integer(value);
}

void write_begin_search(resp::ReplyWriter& reply, const KeySpec& spec) {
  switch (spec.begin) {
    case KeySpec::Begin::index:
      write_typed(reply, "begin_search", "index");
      reply.map(1);
      return write_number(reply, "index", spec.index);
    case KeySpec::Begin::keyword:
      write_typed(reply, "begin_search", "keyword");
      reply.map(2);
      reply.bulk("keyword");
      reply.bulk(spec.keyword);
      return write_number(reply, "startfrom", spec.index);
    case KeySpec::Begin::none:
    case KeySpec::Begin::unknown:
      write_typed(reply, "begin_search", "unknown");
      return reply.map(0);
  }
}

void write_find_keys(resp::ReplyWriter& reply, const KeySpec& spec) {
  switch (spec.find) {
    case KeySpec::Find::range:
      write_typed(reply, "find_keys", "range");
      reply.map(3);
      write_number(reply, "lastkey", spec.last);
      write_number(reply, "keystep", spec.step);
      return write_number(reply, "limit", spec.limit);
    case KeySpec::Find::key_number:
      write_typed(reply, "find_keys", "keynum");
      reply.map(3);
      write_number(reply, "keynumidx", spec.number_index);
      write_number(reply, "firstkey", spec.first_key);
      return write_number(reply, "keystep", spec.step);
    case KeySpec::Find::unknown:
      write_typed(reply, "find_keys", "unknown");
      return reply.map(0);
  }
}

void write_arguments(resp::ReplyWriter& reply, const std::vector<Argument>& arguments);

void write_text(resp::ReplyWriter& reply, std::string_view name, std::string_view text) {
  reply.bulk(name);
  reply.bulk(text);
}

void write_argument(resp::ReplyWriter& reply, const Argument& argument) {
  const bool is_value = argument.arguments.empty() && argument.type != ArgumentType::pure_token;
  std::vector<std::string_view> flags;
  if (argument.optional) flags.push_back("optional");
  if (argument.multiple) flags.push_back("multiple");
  if (argument.multiple_token) flags.push_back("multiple_token");
  reply.map(2u + (is_value ? 1u : 0u) + (argument.key_spec >= 0 ? 1u : 0u) +
            (argument.token.empty() ? 0u : 1u) + (flags.empty() ? 0u : 1u) +
            (argument.arguments.empty() ? 0u : 1u));
  write_text(reply, "name", argument.name);
  write_text(reply, "type", type_name(argument.type));
  if (is_value) write_text(reply, "display_text", argument.name);
  if (argument.key_spec >= 0) write_number(reply, "key_spec_index", argument.key_spec);
  if (!argument.token.empty()) write_text(reply, "token", argument.token);
  if (!flags.empty()) {
    reply.bulk("flags");
    write_set(reply, flags);
  }
  if (!argument.arguments.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, argument.arguments);
  }
}

void write_arguments(resp::ReplyWriter& reply, const std::vector<Argument>& arguments) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments)
    write_argument(reply, argument);
}

}  // namespace

std::vector<HistoryEntry> history_of(const CommandSpec& spec) {
  std::vector<HistoryEntry> entries;
  for (const std::string_view entry : split_list(spec.history, " // ")) {
    const std::size_t colon = entry.find(": ");
    entries.push_back({entry.substr(0, colon), entry.substr(colon + 2)});
  }
  return entries;
}

void write_command_info(resp::ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  const LegacyRange range = legacy_range(spec.keys.view());
  reply.array(10);
  reply.bulk(command.full_name);
  reply.integer(spec.arity);
  write_set(reply,
            flag_names(has_movable_keys(spec) ? spec.flags | Flag::movable_keys : spec.flags));
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  const std::vector<std::string_view> categories = category_names(spec.categories);
  reply.set(categories.size());
  for (const std::string_view category : categories)
    reply.status(fmt::format("@{}", category));
  const std::vector<std::string_view> tips = split_list(spec.tips, ",");
  reply.set(tips.size());
  for (const std::string_view tip : tips)
    reply.bulk(base::lowered(tip));
  reply.set(spec.keys.count);
  for (const KeySpec& key_spec : spec.keys.view()) {
    reply.map(3);
    reply.bulk("flags");
    write_set(reply, key_flag_names(key_spec.flags));
    write_begin_search(reply, key_spec);
    write_find_keys(reply, key_spec);
  }
  if (command.subcommands.empty()) return reply.set(0);
  reply.array(command.subcommands.size());
  for (const Command* sub : command.subcommands)
    write_command_info(reply, *sub);
}

void write_command_docs(resp::ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  reply.bulk(command.full_name);
  const std::size_t place = reply.begin_deferred();
  std::size_t pairs = 3;
  write_text(reply, "summary", spec.summary);
  write_text(reply, "since", spec.since);
  write_text(reply, "group", spec.group);
  const auto optional_text = [&](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    write_text(reply, name, text);
    ++pairs;
  };
  optional_text("complexity", spec.complexity);
  if (!spec.deprecated_since.empty()) {
    reply.bulk("doc_flags");
    write_set(reply, {"deprecated"});
    ++pairs;
  }
  optional_text("deprecated_since", spec.deprecated_since);
  optional_text("replaced_by", spec.replaced_by);
  if (const std::vector<HistoryEntry> history = history_of(spec); !history.empty()) {
    reply.bulk("history");
    reply.set(history.size());
    for (const HistoryEntry& entry : history) {
      reply.array(2);
      reply.bulk(entry.version);
      reply.bulk(entry.change);
    }
    ++pairs;
  }
  if (const std::vector<Argument> arguments = parse_syntax(spec); !arguments.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, arguments);
    ++pairs;
  }
  if (!command.subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map(command.subcommands.size());
    for (const Command* sub : command.subcommands)
      write_command_docs(reply, *sub);
    ++pairs;
  }
  reply.end_deferred_map(place, pairs);
}

}  // namespace duplex::commands
