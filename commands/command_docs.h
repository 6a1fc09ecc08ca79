// What COMMAND answers about a command: COMMAND INFO's entry and COMMAND DOCS' entry.
#pragma once

#include "commands/command_table.h"
#include "resp/reply_writer.h"

#include <string_view>
#include <vector>

namespace duplex::commands {

// One change in a command's history.
struct HistoryEntry {
  std::string_view version;
  std::string_view change;
};
std::vector<HistoryEntry> history_of(const CommandSpec& spec);

// The array of ten: name, arity, flags, first key, last key, step, categories, tips, key
// specifications, subcommands.
void write_command_info(resp::ReplyWriter& reply, const Command& command);

// The command's full name and the map that describes it: two elements of a map.
void write_command_docs(resp::ReplyWriter& reply, const Command& command);

}  // namespace duplex::commands
