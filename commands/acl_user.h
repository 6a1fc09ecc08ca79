// A user of access control, as it is at one moment.
#pragma once

#include "commands/acl_selector.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands::acl {

inline constexpr std::string_view default_user = "default";

// What was said about checking RESTORE's payloads. They are always checked here; the word is kept
// for the description.
enum class Sanitizing : std::uint8_t { unsaid, checked, skipped };

// A change of a user makes a new one; who holds the old one does not see it.
//
// Thread: immutable once it is shared.
struct User {
  // How many passwords and how many selectors a user may have.
  static constexpr std::size_t passwords_max = 1000;
  static constexpr std::size_t selectors_max = 1000;

  // A user without any permission, who is off.
  User(std::string_view user_name, std::size_t command_count)
      : name(user_name), selectors(1, Selector(command_count)) {}

  std::string name;
  // Stays the same as long as there is a user of this name; a later one of the name has another.
  std::uint64_t id = 0;
  bool is_on = false;
  bool needs_no_password = false;
  Sanitizing sanitizing = Sanitizing::unsaid;
  std::vector<std::string> passwords;  // SHA-256 in hexadecimal
  std::vector<Selector> selectors;     // the first one is the user's own, the root

  Selector& root() { return selectors.front(); }
  const Selector& root() const { return selectors.front(); }

  // Whether there is nothing that has to be checked.
  bool is_unrestricted() const;
  // In a time that does not depend on the passwords.
  bool accepts(std::string_view password) const;
  // "on", "nopass", "sanitize-payload" …
  std::vector<std::string_view> flags() const;
  // The rules that make this user, as ACL LIST and files show them behind the name.
  std::string text() const;
};

// Whether check() would allow the request, as far as a glance tells: what most requests are, a
// command with one key that a prefix allows. Requires: the number of arguments fits the command.
inline bool plainly_allows(const User& user, const Command& command, Args args) {
  const std::size_t at = command.only_key_index;
  return at != 0 && user.root().plainly_allows(command, args[at]);
}

// The one question of access control: why the user may not run this request; nothing if it may.
// Requires: the number of arguments fits the command.
std::optional<Denial> check(const User& user, const Command& command, Args args);

// Whether the user may run the request and, with the same permissions, read every key there is.
bool may_read_every_key(const User& user, const Command& command, Args args);

bool allows_channel(const User& user, std::string_view name, bool is_pattern);

// Whether every channel that `before` allows is one that `after` allows, judged by their patterns.
bool channels_cover(const User& after, const User& before);

}  // namespace duplex::commands::acl
