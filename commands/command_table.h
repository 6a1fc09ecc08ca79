// All commands the server knows, put together from the families' tables.
#pragma once

#include "commands/command_spec.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

// A command in the table: its declaration, its place in statistics, its subcommands.
struct Command {
  const CommandSpec* spec = nullptr;
  const Command* container = nullptr;  // of a subcommand
  std::size_t index = 0;               // in statistics; dense from 0
  std::string full_name;               // lower case; a subcommand's is "config|get"
  std::vector<const Command*> subcommands;
  // The one key of a command whose only key specification is a fixed position; else 0.
  std::size_t only_key_index = 0;

  const Command* subcommand(std::string_view name) const;
};

// Thread: immutable after construction.
class CommandTable {
 public:
  explicit CommandTable(std::span<const std::span<const CommandSpec>> families);
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // By name in any case, without subcommands; nullptr if unknown.
  const Command* find(std::string_view name) const;
  // "config|get" as well.
  const Command* find_full(std::string_view full_name) const;

  // The command that these arguments would run, with its subcommand; nullptr if there is none.
  const Command* find_request(Args args) const;
  // The same by the name that the command has here, whatever clients have to call it.
  const Command* find_original(std::string_view full_name) const;

  // Containers and commands in alphabetical order.
  std::span<const Command* const> commands() const { return sorted_; }
  // Everything that has a place in statistics, by index.
  std::span<const std::unique_ptr<Command>> all() const { return all_; }

 private:
  const Command* add(const CommandSpec& spec, const Command* container);

  static constexpr std::size_t buckets = 1024;

  std::vector<std::unique_ptr<Command>> all_;
  std::vector<const Command*> sorted_;
  std::array<std::uint16_t, buckets> table_{};  // index into sorted_ plus one; linear probing
};

// All categories with their names, in the order of ACL CAT.
std::span<const std::pair<Category, std::string_view>> categories();
// By name in any case; none if there is no such category.
Category category_named(std::string_view name);

// Names of flags, categories and key flags as COMMAND INFO writes them, in its order.
std::vector<std::string_view> flag_names(Flag flags);
std::vector<std::string_view> category_names(Category categories);
std::vector<std::string_view> key_flag_names(KeyFlag flags);

}  // namespace duplex::commands
