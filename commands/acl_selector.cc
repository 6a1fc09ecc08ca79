// One set of permissions: commands, keys and channels that go together.
#include "commands/acl_selector.h"

#include "base/glob.h"
#include "base/text.h"

#include <algorithm>

namespace duplex::commands::acl {

namespace {

// The arguments that name channels, for commands that need a permission for them.
std::span<const std::string_view> channels_in(const CommandSpec& spec, Args args) {
  switch (spec.channels) {
    case ChannelUse::none:
      return {};
    case ChannelUse::publish:
      return args.subspan(1, 1);
    case ChannelUse::subscribe:
    case ChannelUse::subscribe_patterns:
      break;
  }
  return args.subspan(1);
}

}  // namespace

Access access_of(KeyFlag flags) {
  Access access = Access::none;
  if (has(flags, KeyFlag::access)) access = access | Access::read;
  if (has(flags, KeyFlag::insert | KeyFlag::update | KeyFlag::deletes))
    access = access | Access::write;
  return access;
}

Pattern::Pattern(std::string_view glob)
    : text_(glob),
      is_prefix_(glob.ends_with('*') && base::glob_is_literal(glob.substr(0, glob.size() - 1))) {}

bool Pattern::matches(std::string_view name) const {
  if (is_prefix_) return plainly_matches(name);
  return base::glob_match(text_, name);
}

std::span<const KeyPosition> RequestKeys::positions() {
  if (!found_) {
    found_ = true;
    // A request whose count of keys is wrong has none: it fails without touching a key.
    if (!find_keys(*command_.spec, args_, positions_)) positions_.clear();
    std::erase_if(positions_,
                  [](const KeyPosition& at) { return has(at.flags, KeyFlag::not_key); });
    for (KeyPosition& at : positions_)
      at.flags = actual_key_flags(*command_.spec, at.flags, args_);
  }
  return positions_;
}

Selector::Selector(std::size_t command_count) : bits_(command_count / 64 + 1) {}

void Selector::set_bit(std::size_t index, bool allowed) {
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  if (allowed)
    bits_[index / 64] |= bit;
  else
    bits_[index / 64] &= ~bit;
  if (!allowed) all_commands_ = false;
}

void Selector::allow_all_commands() {
  std::ranges::fill(bits_, ~std::uint64_t{0});
  all_commands_ = future_commands_ = true;
  first_arguments_.clear();
  rules_.clear();
}

void Selector::deny_all_commands() {
  std::ranges::fill(bits_, 0);
  all_commands_ = future_commands_ = false;
  first_arguments_.clear();
  rules_.clear();
}

void Selector::set(const Command& command, bool allowed) {
  set_bit(command.index, allowed);
  std::erase_if(first_arguments_,
                [&](const FirstArgument& first) { return first.command == command.index; });
  for (const Command* sub : command.subcommands)
    set_bit(sub->index, allowed);
}

void Selector::allow_first_argument(const Command& command, std::string_view argument) {
  const bool known = std::ranges::any_of(first_arguments_, [&](const FirstArgument& first) {
    return first.command == command.index && base::equals_ignoring_case(first.text, argument);
  });
  if (!known) first_arguments_.push_back({command.index, std::string(argument)});
}

void Selector::note_rule(std::string_view rule, bool allowed) {
  const std::string name = base::lowered(rule);
  // What was said of the same command, or of a part of it, does not count any more.
  std::erase_if(rules_, [&](const std::string& old) {
    const std::string_view old_name = std::string_view(old).substr(1);
    return old_name.starts_with(name) &&
           (old_name.size() == name.size() || old_name[name.size()] == '|');
  });
  rules_.push_back((allowed ? "+" : "-") + name);
}

void Selector::set_all_keys(bool allowed) {
  all_keys_ = allowed;
  keys_.clear();
}

void Selector::add_keys(std::string_view glob, Access access) {
  const auto known = std::ranges::find_if(
      keys_, [&](const KeyPattern& key) { return key.pattern.text() == glob; });
  if (known != keys_.end())
    known->access = known->access | access;
  else
    keys_.push_back({Pattern(glob), access});
}

void Selector::set_all_channels(bool allowed) {
  all_channels_ = allowed;
  channels_.clear();
}

void Selector::add_channels(std::string_view glob) {
  const bool known = std::ranges::any_of(
      channels_, [&](const Pattern& channel) { return channel.text() == glob; });
  if (!known) channels_.emplace_back(glob);
}

bool Selector::is_full() const {
  return keys_.size() >= patterns_max || channels_.size() >= patterns_max ||
         first_arguments_.size() >= patterns_max;
}

bool Selector::allows_command(const Command& command, Args args) const {
  if (all_commands_ || commands::has(command.spec->flags, Flag::no_auth)) return true;
  if (has(command.index)) return true;
  if (first_arguments_.empty() || args.size() < 2) return false;
  return std::ranges::any_of(first_arguments_, [&](const FirstArgument& first) {
    return first.command == command.index && base::equals_ignoring_case(first.text, args[1]);
  });
}

bool Selector::allows_key(std::string_view key, Access access) const {
  return std::ranges::any_of(keys_, [&](const KeyPattern& allowed) {
    return covers(allowed.access, access) && allowed.pattern.matches(key);
  });
}

bool Selector::covers_every_key(Access access) const {
  if (all_keys_) return true;
  return std::ranges::any_of(keys_, [&](const KeyPattern& allowed) {
    return covers(allowed.access, access) && allowed.pattern.text() == "*";
  });
}

bool Selector::allows_channel(std::string_view name, bool is_pattern) const {
  if (all_channels_) return true;
  return std::ranges::any_of(channels_, [&](const Pattern& allowed) {
    return is_pattern ? allowed.text() == name : allowed.matches(name);
  });
}

std::optional<Denial> Selector::check(RequestKeys& request) const {
  const Command& command = request.command();
  const Args args = request.args();
  if (!allows_command(command, args)) return Denial{Denial::Reason::command, 0};
  if (!all_keys_) {
    const CommandSpec& spec = *command.spec;
    if (command.only_key_index != 0) {
      // One key at a fixed place: there is nothing to search.
      const KeyFlag flags = actual_key_flags(spec, spec.keys.specs[0].flags, args);
      if (!allows_key(args[command.only_key_index], access_of(flags)))
        return Denial{Denial::Reason::key, command.only_key_index};
    } else if (spec.keys.count != 0 || spec.find_keys != nullptr) {
      for (const KeyPosition& at : request.positions())
        if (!allows_key(args[at.index], access_of(at.flags)))
          return Denial{Denial::Reason::key, at.index};
    }
  }
  if (!all_channels_ && command.spec->channels != ChannelUse::none) {
    const bool are_patterns = command.spec->channels == ChannelUse::subscribe_patterns;
    std::size_t index = 1;
    for (const std::string_view channel : channels_in(*command.spec, args)) {
      if (!allows_channel(channel, are_patterns)) return Denial{Denial::Reason::channel, index};
      ++index;
    }
  }
  return std::nullopt;
}

std::string Selector::commands_text() const {
  std::string text = future_commands_ ? "+@all" : "-@all";
  for (const std::string& rule : rules_) {
    text += ' ';
    text += rule;
  }
  return text;
}

std::string Selector::keys_text() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& key : keys_) {
    if (!text.empty()) text += ' ';
    // "~*" alone would be read as all keys, which no pattern may follow.
    if (key.access == Access::read_write && key.pattern.text() == "*") text += "%RW";
    if (key.access == Access::read) text += "%R";
    if (key.access == Access::write) text += "%W";
    text += '~';
    text += key.pattern.text();
  }
  return text;
}

std::string Selector::channels_text() const {
  if (all_channels_) return "&*";
  std::string text;
  for (const Pattern& channel : channels_) {
    if (!text.empty()) text += ' ';
    text += '&';
    text += channel.text();
  }
  return text;
}

}  // namespace duplex::commands::acl
