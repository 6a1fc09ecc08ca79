// Fuzz target: rules of users and ACL files. What is read must be read from what is written, too.
#include "base/assert.h"
#include "commands/acl_file.h"
#include "commands/acl_rules.h"
#include "commands/families.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace acl = duplex::commands::acl;

const duplex::commands::CommandTable& table() {
  static const duplex::commands::CommandTable all(duplex::commands::command_families());
  return all;
}

std::string written(std::vector<acl::User> users) {
  std::vector<acl::UserPtr> shared;
  for (acl::User& user : users)
    shared.push_back(std::make_shared<const acl::User>(std::move(user)));
  return acl::write_users(shared);
}

void read_file(std::string_view text, const acl::RuleContext& context) {
  auto users = acl::read_users(text, "users.acl", context);
  if (!users) return;
  const std::string once = written(*std::move(users));
  auto again = acl::read_users(once, "users.acl", context);
  DUPLEX_ASSERT(again.has_value());
  DUPLEX_ASSERT(written(*std::move(again)) == once);
}

// A rule for each line, as arguments of ACL SETUSER.
void read_rules(std::string_view text, const acl::RuleContext& context) {
  std::vector<std::string_view> words;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('\n');
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  const auto rules = acl::join_selectors(words);
  if (!rules) return;
  acl::User user = acl::new_user("u", context);
  for (const std::string& rule : *rules) {
    const std::string before = user.text();
    if (!acl::apply_rule(user, rule, context)) DUPLEX_ASSERT(user.text() == before);
  }
  read_file("user u " + user.text(), context);
  auto again = acl::read_users("user u " + user.text(), "users.acl", context);
  DUPLEX_ASSERT(again.has_value() && again->front().text() == user.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool all_channels : {false, true}) {
    const acl::RuleContext context{table(), all_channels};
    read_file(text, context);
    read_rules(text, context);
  }
  return 0;
}
