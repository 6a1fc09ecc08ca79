// One set of permissions: commands, keys and channels that go together.
#pragma once

#include "commands/command_table.h"
#include "commands/key_positions.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands::acl {

// What a command does with a key, and what a pattern allows.
enum class Access : std::uint8_t { none = 0, read = 1, write = 2, read_write = 3 };

constexpr Access operator|(Access a, Access b) {
  return static_cast<Access>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool covers(Access allowed, Access asked) {
  return (static_cast<unsigned>(allowed) & static_cast<unsigned>(asked)) ==
         static_cast<unsigned>(asked);
}
// What the flags of a key specification ask for; a key that is only looked at asks for nothing.
Access access_of(KeyFlag flags);

// A glob that has been looked at once, because most of them are a prefix and a star.
class Pattern {
 public:
  explicit Pattern(std::string_view glob);

  const std::string& text() const { return text_; }
  bool matches(std::string_view name) const;
  // The same for a prefix and a star, and false for what has to be looked at more closely.
  bool plainly_matches(std::string_view name) const {
    return is_prefix_ && !name.empty() &&
           name.starts_with(std::string_view(text_).substr(0, text_.size() - 1));
  }

 private:
  std::string text_;
  bool is_prefix_;
};

struct KeyPattern {
  Pattern pattern;
  Access access;
};

// Why a command may not be run: of a key or channel, the argument it stands in.
struct Denial {
  enum class Reason : std::uint8_t { command, key, channel, auth };
  Reason reason = Reason::command;
  std::size_t index = 0;
};

// The keys of a request, found when a selector asks for them first.
class RequestKeys {
 public:
  RequestKeys(const Command& command, Args args) : command_(command), args_(args) {}

  const Command& command() const { return command_; }
  Args args() const { return args_; }
  std::span<const KeyPosition> positions();

 private:
  const Command& command_;
  Args args_;
  std::vector<KeyPosition> positions_;
  bool found_ = false;
};

// Thread: a value.
class Selector {
 public:
  // How many patterns and first arguments one selector may have of each.
  static constexpr std::size_t patterns_max = 10'000;

  // Allows nothing. `command_count`: of the table whose commands are allowed and denied later.
  explicit Selector(std::size_t command_count);

  // --- commands ---
  void allow_all_commands();
  void deny_all_commands();
  // The command and its subcommands; first arguments that were allowed for it are forgotten.
  void set(const Command& command, bool allowed);
  // Allows a denied command if this is its first argument.
  void allow_first_argument(const Command& command, std::string_view argument);
  // Keeps the rule for the description, in place of those that it makes pointless: "get",
  // "config|get", "@read".
  void note_rule(std::string_view rule, bool allowed);

  // --- keys and channels ---
  void set_all_keys(bool allowed);
  void add_keys(std::string_view glob, Access access);
  void set_all_channels(bool allowed);
  void add_channels(std::string_view glob);

  bool has_all_keys() const { return all_keys_; }
  bool has_all_channels() const { return all_channels_; }
  const std::vector<Pattern>& channels() const { return channels_; }
  bool is_full() const;  // a limit is reached: nothing may be added
  bool is_unrestricted() const { return all_commands_ && all_keys_ && all_channels_; }

  // --- questions ---
  // Whether the command may be run with this as its only key, as far as a glance tells: if not,
  // check() knows.
  bool plainly_allows(const Command& command, std::string_view key) const {
    constexpr std::size_t glances = 4;
    if (!has(command.index)) return false;
    if (all_keys_) return true;
    for (std::size_t i = 0; i < keys_.size() && i < glances; ++i)
      if (keys_[i].access == Access::read_write && keys_[i].pattern.plainly_matches(key))
        return true;
    return false;
  }
  std::optional<Denial> check(RequestKeys& request) const;
  // Whether every key may be accessed in this way.
  bool covers_every_key(Access access) const;
  // `is_pattern`: the name is one that PSUBSCRIBE takes, and has to stand here as it is.
  bool allows_channel(std::string_view name, bool is_pattern) const;

  // As ACL SETUSER would take them.
  std::string commands_text() const;
  std::string keys_text() const;
  std::string channels_text() const;

 private:
  bool has(std::size_t index) const { return (bits_[index / 64] >> (index % 64) & 1) != 0; }
  void set_bit(std::size_t index, bool allowed);
  bool allows_command(const Command& command, Args args) const;
  bool allows_key(std::string_view key, Access access) const;

  struct FirstArgument {
    std::size_t command;  // its index
    std::string text;
  };

  std::vector<std::uint64_t> bits_;  // by the index of the command
  bool all_commands_ = false;
  bool future_commands_ = false;  // the description starts with +@all
  bool all_keys_ = false;
  bool all_channels_ = false;
  std::vector<FirstArgument> first_arguments_;
  std::vector<std::string> rules_;  // "+get", in the order in which they count
  std::vector<KeyPattern> keys_;
  std::vector<Pattern> channels_;
};

}  // namespace duplex::commands::acl
