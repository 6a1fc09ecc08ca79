// All commands the server knows, put together from the families' tables.
#pragma once

#include "commands/command_spec.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  std::string called;                  // what clients call it by; empty if they cannot. Of a
                                       // subcommand: empty, its container's counts
  std::vector<const Command*> subcommands;
  // The one key of a command whose only key specification is a fixed position; else 0.
  std::size_t only_key_index = 0;

  const Command* subcommand(std::string_view name) const;
  // Whether clients have to call it, or its container, by another name than its own.
  bool is_renamed() const;
  // Whether clients can call it at all.
  bool is_callable() const { return !(container == nullptr ? called : container->called).empty(); }
};

// Thread: immutable, once rename() is not called any more.
class CommandTable {
 public:
  explicit CommandTable(std::span<const std::span<const CommandSpec>> families);
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // rename-command: what clients call `from` is called `to` from now on, or cannot be called if
  // that is empty. Returns what is wrong.
  std::optional<std::string_view> rename(std::string_view from, std::string_view to);

  // By what clients call it, in any case, without subcommands; nullptr if unknown.
  const Command* find(std::string_view name) const;
  // "config|get" as well.
  const Command* find_full(std::string_view full_name) const;

  // The command that these arguments would run, with its subcommand; nullptr if there is none.
  const Command* find_request(Args args) const;
  // The same by the name that the command has here, whatever clients have to call it.
  const Command* find_original(std::string_view full_name) const;
  // The command that a log means: ours have the commands' own names, redis-server's have what
  // clients called them.
  const Command* find_logged(std::string_view name) const;

  // Containers and commands that can be called, in alphabetical order of their own names.
  std::span<const Command* const> commands() const { return sorted_; }
  // Everything that has a place in statistics, by index.
  std::span<const std::unique_ptr<Command>> all() const { return all_; }

 private:
  // Commands by name, in any case.
  class Names {
   public:
    void add(std::string_view name, Command* command);
    void remove(std::string_view name);
    Command* find(std::string_view name) const;

   private:
    static constexpr std::size_t buckets = 1024;

    void place(std::size_t index);

    struct Named {
      std::string name;
      Command* command;
    };
    std::vector<Named> named_;
    std::array<std::uint16_t, buckets> table_{};  // index into named_ plus one; linear probing
  };

  Command* add(const CommandSpec& spec, const Command* container);

  std::vector<std::unique_ptr<Command>> all_;
  std::vector<const Command*> sorted_;
  Names called_;
  Names original_;
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
