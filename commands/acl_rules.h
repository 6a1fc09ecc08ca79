// The rules of ACL SETUSER, of ACL files and of `user` lines: what they say and how they are wrong.
#pragma once

#include "commands/acl_user.h"
#include "commands/command_table.h"

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands::acl {

// What rules are read against.
struct RuleContext {
  const CommandTable& table;
  bool all_channels_at_first = false;  // acl-pubsub-default
};

struct RuleError {
  std::string rule;         // the one that is wrong; may hold a secret
  std::string_view reason;  // a sentence without its full stop
  bool is_unknown = false;  // the rule names a command or category that there is not
};

// A user as it is before its first rule.
User new_user(std::string_view name, const RuleContext& context);

// Changes `user` by one rule; an empty one changes nothing. `user` is unchanged after an error.
std::expected<void, RuleError> apply_rule(User& user,
                                          std::string_view rule,
                                          const RuleContext& context);

// Joins the arguments of "(+get ~a*)", which may come in several pieces. The error is the piece
// that opens a selector that nothing closes.
std::expected<std::vector<std::string>, std::string> join_selectors(
    std::span<const std::string_view> rules);

// True if `name` cannot be the name of a user or a pattern: it has blanks or NULs.
bool has_blanks(std::string_view name);

}  // namespace duplex::commands::acl
