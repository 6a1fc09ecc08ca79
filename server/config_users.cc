// `user` lines of the configuration.
#include "commands/acl_rules.h"
#include "commands/command_table.h"
#include "commands/families.h"
#include "server/config_special.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duplex::server {

namespace {

namespace acl = commands::acl;

std::unexpected<std::string> refuse(std::string_view word, std::string_view reason) {
  return std::unexpected(fmt::format("Error in user declaration '{}': {}", word, reason));
}

// Rules about passwords are shown without them.
std::string_view shown(std::string_view rule) {
  return rule.find_first_of("<>#!") == 0 ? rule.substr(0, 1) : rule;
}

// Is the word the same with and without quotes?
bool is_plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
  });
}

std::string word_text(std::string_view word) {
  return is_plain(word) ? std::string(word) : in_quotes(word);
}

}  // namespace

Outcome write_user(const Directive&, Config& config, Words words, Source) {
  if (words.empty()) return std::unexpected(std::string(wrong_number_of_arguments));
  const std::string& name = words[0];
  if (std::ranges::any_of(config.users, [&](const UserLine& line) { return line.name == name; }))
    return refuse(name, "Duplicate user found. A user can only be defined once in config files");
  const std::vector<std::string_view> pieces(words.begin() + 1, words.end());
  auto rules = acl::join_selectors(pieces);
  if (!rules) return refuse(rules.error(), "Unmatched parenthesis in selector definition");
  // The commands that the server will have may be more: names are looked at when it starts.
  static const commands::CommandTable table(commands::command_families());
  const acl::RuleContext context{table};
  acl::User user = acl::new_user(name, context);
  for (const std::string& rule : *rules)
    if (const auto applied = acl::apply_rule(user, rule, context);
        !applied && !applied.error().is_unknown)
      return refuse(shown(rule), applied.error().reason);
  config.users.push_back({name, *std::move(rules)});
  return {};
}

std::vector<std::string> user_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const UserLine& user : config.users) {
    std::string line = "user " + word_text(user.name);
    for (const std::string& rule : user.rules)
      line += ' ' + word_text(rule);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace duplex::server
