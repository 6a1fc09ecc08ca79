// The rules of ACL SETUSER, of ACL files and of `user` lines: what they say and how they are wrong.
#include "commands/acl_rules.h"

#include "base/sha256.h"
#include "base/text.h"
#include "resp/inline_arguments.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace duplex::commands::acl {

namespace {

using base::equals_ignoring_case;

// Why a rule was not taken. Redis's sentences.
struct Problem {
  std::string_view reason;
  bool is_unknown = false;
};
using Result = std::optional<Problem>;

constexpr Problem syntax_error{"Syntax error"};
constexpr Problem unknown_name{"Unknown command or category name in ACL", true};
constexpr Problem first_argument_of_subcommand{
    "Allowing first-arg of a subcommand is not supported"};
constexpr Problem pattern_after_all_keys{
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
    "any effect. Try 'resetkeys' to start with an empty list of patterns"};
constexpr Problem pattern_after_all_channels{
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
    "have any effect. Try 'resetchannels' to start with an empty list of channels"};
constexpr Problem no_such_password{
    "The password you are trying to remove from the user does not exist"};
constexpr Problem bad_hash{
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    "characters"};
// Ours: Redis has no limits here.
constexpr Problem too_many_patterns{"Too many patterns or arguments"};
constexpr Problem too_many_passwords{"Too many passwords"};
constexpr Problem too_many_selectors{"Too many selectors"};

bool is_hash(std::string_view text) {
  return text.size() == base::sha256_hex_chars && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result apply_category(Selector& selector,
                      std::string_view name,
                      bool allowed,
                      const CommandTable& table) {
  const Category category = category_named(name);
  if (category == Category::none) return unknown_name;
  // A container's own categories say nothing about its subcommands, which have theirs.
  for (const auto& command : table.all())
    if (has(command->spec->categories, category)) selector.set(*command, allowed);
  selector.note_rule("@" + std::string(name), allowed);
  return {};
}

Result allow_command(Selector& selector, std::string_view name, const CommandTable& table) {
  const std::size_t bar = name.rfind('|');
  if (bar == std::string_view::npos) {
    const Command* command = table.find_original(name);
    if (command == nullptr) return unknown_name;
    selector.set(*command, true);
    selector.note_rule(command->full_name, true);
    return {};
  }
  const Command* command = table.find_original(name.substr(0, bar));
  const std::string_view argument = name.substr(bar + 1);
  if (command == nullptr) return unknown_name;
  if (command->container != nullptr) return first_argument_of_subcommand;
  if (argument.empty() || has_blanks(argument)) return syntax_error;
  if (!command->subcommands.empty()) {
    command = table.find_original(name);
    if (command == nullptr) return unknown_name;
    selector.set(*command, true);
  } else {
    if (selector.is_full()) return too_many_patterns;
    selector.allow_first_argument(*command, argument);
  }
  selector.note_rule(name, true);
  return {};
}

Result deny_command(Selector& selector, std::string_view name, const CommandTable& table) {
  const Command* command = table.find_original(name);
  if (command == nullptr) return unknown_name;
  selector.set(*command, false);
  selector.note_rule(command->full_name, false);
  return {};
}

// "~a*", "%R~a*", "%RW~a*".
Result add_keys(Selector& selector, std::string_view rule) {
  if (selector.has_all_keys()) return pattern_after_all_keys;
  Access access = Access::read_write;
  std::size_t at = 1;
  if (rule.front() == '%') {
    access = Access::none;
    for (; at < rule.size() && rule[at] != '~'; ++at) {
      const char letter = base::upper(rule[at]);
      const Access added = letter == 'R'   ? Access::read
                           : letter == 'W' ? Access::write
                                           : Access::none;
      if (added == Access::none || covers(access, added)) return syntax_error;
      access = access | added;
    }
    if (access == Access::none) return syntax_error;
    at = std::min(at + 1, rule.size());
  }
  const std::string_view glob = rule.substr(at);
  if (has_blanks(glob)) return syntax_error;
  if (selector.is_full()) return too_many_patterns;
  selector.add_keys(glob, access);
  return {};
}

Result add_channels(Selector& selector, std::string_view glob) {
  if (selector.has_all_channels()) return pattern_after_all_channels;
  if (has_blanks(glob)) return syntax_error;
  if (selector.is_full()) return too_many_patterns;
  selector.add_channels(glob);
  return {};
}

// A rule about one selector.
Result apply_to(Selector& selector, std::string_view rule, const CommandTable& table) {
  const auto is = [&](std::string_view word) { return equals_ignoring_case(rule, word); };
  if (rule.empty()) return syntax_error;
  if (is("allkeys") || is("~*") || is("resetkeys")) {
    selector.set_all_keys(!is("resetkeys"));
    return {};
  }
  if (is("allchannels") || is("&*") || is("resetchannels")) {
    selector.set_all_channels(!is("resetchannels"));
    return {};
  }
  if (is("allcommands") || is("+@all")) return selector.allow_all_commands(), Result();
  if (is("nocommands") || is("-@all")) return selector.deny_all_commands(), Result();
  const char first = rule.front();
  const std::string_view rest = rule.substr(1);
  if (first == '~' || first == '%') return add_keys(selector, rule);
  if (first == '&') return add_channels(selector, rest);
  if (first != '+' && first != '-') return syntax_error;
  if (rest.starts_with('@')) return apply_category(selector, rest.substr(1), first == '+', table);
  return first == '+' ? allow_command(selector, rest, table) : deny_command(selector, rest, table);
}

Result change_passwords(User& user, std::string_view rule) {
  const bool is_plain = rule.front() == '>' || rule.front() == '<';
  const bool adds = rule.front() == '>' || rule.front() == '#';
  const std::string_view text = rule.substr(1);
  if (!is_plain && !is_hash(text)) return bad_hash;
  std::string hash = is_plain ? base::sha256_hex(text) : std::string(text);
  const auto known = std::ranges::find(user.passwords, hash);
  if (!adds && known == user.passwords.end()) return no_such_password;
  if (!adds) return user.passwords.erase(known), Result();
  user.needs_no_password = false;
  if (known != user.passwords.end()) return {};
  if (user.passwords.size() >= User::passwords_max) return too_many_passwords;
  user.passwords.push_back(std::move(hash));
  return {};
}

Result add_selector(User& user, std::string_view inside, const RuleContext& context) {
  if (user.selectors.size() > User::selectors_max) return too_many_selectors;
  const auto rules = resp::split_inline_arguments(inside);
  if (!rules) return syntax_error;
  Selector selector(context.table.all().size());
  selector.set_all_channels(context.all_channels_at_first);
  for (const std::string& rule : *rules) {
    // A file that holds such a rule could not be read again.
    if (rule.ends_with(')') || rule.find_first_of("\"'") != std::string::npos) return syntax_error;
    if (const Result problem = apply_to(selector, rule, context.table)) return problem;
  }
  user.selectors.push_back(std::move(selector));
  return {};
}

// What makes a user as if it was new, except for the flag that says so.
void reset(User& user, const RuleContext& context) {
  user.is_on = user.needs_no_password = false;
  user.sanitizing = Sanitizing::checked;
  user.passwords.clear();
  user.selectors.resize(1, user.root());
  user.root().set_all_keys(false);
  user.root().set_all_channels(context.all_channels_at_first);
  user.root().deny_all_commands();
}

Result apply_to(User& user, std::string_view rule, const RuleContext& context) {
  const auto is = [&](std::string_view word) { return equals_ignoring_case(rule, word); };
  if (rule.empty()) return {};
  if (is("on") || is("off")) {
    user.is_on = is("on");
  } else if (is("skip-sanitize-payload") || is("sanitize-payload")) {
    user.sanitizing = is("sanitize-payload") ? Sanitizing::checked : Sanitizing::skipped;
  } else if (is("nopass") || is("resetpass")) {
    user.needs_no_password = is("nopass");
    user.passwords.clear();
  } else if (rule.find_first_of("><#!") == 0) {
    return change_passwords(user, rule);
  } else if (rule.front() == '(' && rule.back() == ')') {
    return add_selector(user, rule.substr(1, rule.size() - 2), context);
  } else if (is("clearselectors")) {
    user.selectors.resize(1, user.root());
  } else if (is("reset")) {
    reset(user, context);
  } else {
    return apply_to(user.root(), rule, context.table);
  }
  return {};
}

}  // namespace

User new_user(std::string_view name, const RuleContext& context) {
  User user(name, context.table.all().size());
  user.root().set_all_channels(context.all_channels_at_first);
  return user;
}

std::expected<void, RuleError> apply_rule(User& user,
                                          std::string_view rule,
                                          const RuleContext& context) {
  if (const Result problem = apply_to(user, rule, context))
    return std::unexpected(RuleError{std::string(rule), problem->reason, problem->is_unknown});
  return {};
}

std::expected<std::vector<std::string>, std::string> join_selectors(
    std::span<const std::string_view> rules) {
  std::vector<std::string> joined;
  std::string_view opening;  // empty: none is open
  for (const std::string_view rule : rules) {
    if (!opening.empty()) {
      joined.back() += ' ';
      joined.back() += rule;
      if (rule.ends_with(')')) opening = {};
      continue;
    }
    if (rule.starts_with('(') && !rule.ends_with(')')) opening = rule;
    joined.emplace_back(rule);
  }
  if (!opening.empty()) return std::unexpected(std::string(opening));
  return joined;
}

bool has_blanks(std::string_view name) {
  constexpr std::string_view blanks(" \t\n\v\f\r\0", 7);
  return name.find_first_of(blanks) != std::string_view::npos;
}

}  // namespace duplex::commands::acl
