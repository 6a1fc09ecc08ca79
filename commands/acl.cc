// All users of the server: who there is, who may come in, and how that changes.
#include "commands/acl.h"

#include "commands/errors.h"

#include <fmt/format.h>

namespace duplex::commands::acl {

Users::Users(const CommandTable& table) : table_(table) {
  const base::MutexLock lock(mutex_);
  publish(initial_default_user());
}

User Users::initial_default_user() const {
  User user(default_user, table_.all().size());
  user.is_on = user.needs_no_password = true;
  user.root().allow_all_commands();
  user.root().set_all_keys(true);
  user.root().set_all_channels(true);
  return user;
}

Users::Current Users::current(std::string_view name) const {
  const auto found = users_.find(name);
  return {found == users_.end() ? nullptr : found->second,
          version_.load(std::memory_order_relaxed)};
}

Users::Current Users::find(std::string_view name) const {
  const base::MutexLock lock(mutex_);
  return current(name);
}

Users::Current Users::find_again(const User& user) const {
  Current now = find(user.name);
  if (now.user != nullptr && now.user->id != user.id) now.user = nullptr;
  return now;
}

Users::Current Users::authenticate(std::string_view name, std::string_view password) const {
  Current found = find(name);
  // A name that does not exist takes as long as one that does.
  static const User nobody("", 0);
  const bool accepted = (found.user ? *found.user : nobody).accepts(password);
  if (!accepted) found.user = nullptr;
  return found;
}

std::vector<UserPtr> Users::all() const {
  const base::MutexLock lock(mutex_);
  std::vector<UserPtr> all;
  for (const auto& [name, user] : users_)
    all.push_back(user);
  return all;
}

void Users::publish(User user) {
  const auto known = users_.find(user.name);
  user.id = known == users_.end() ? next_id_++ : known->second->id;
  std::string name = user.name;
  users_.insert_or_assign(std::move(name), std::make_shared<const User>(std::move(user)));
  note_change();
}

void Users::note_change() {
  const User& first = *users_.find(default_user)->second;
  auth_required_.store(!first.needs_no_password || !first.is_on, std::memory_order_relaxed);
  version_.fetch_add(1, std::memory_order_release);
}

std::optional<std::string> Users::set(std::string_view name,
                                      std::span<const std::string_view> rules) {
  const auto joined = join_selectors(rules);
  if (!joined)
    return fmt::format("Unmatched parenthesis in acl selector starting at '{}'.",
                       errors::shown(joined.error(), std::string_view::npos));
  const base::MutexLock lock(mutex_);
  const RuleContext context = rule_context();
  const UserPtr before = current(name).user;
  if (!before && users_.size() >= users_max) return "Too many users";
  User user = before ? *before : new_user(name, context);
  for (const std::string& rule : *joined)
    if (const auto applied = apply_rule(user, rule, context); !applied)
      return fmt::format("Error in ACL SETUSER modifier '{}': {}",
                         errors::shown(applied.error().rule, std::string_view::npos),
                         applied.error().reason);
  publish(std::move(user));
  return std::nullopt;
}

bool Users::remove(std::string_view name) {
  const base::MutexLock lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end() || name == default_user) return false;
  users_.erase(found);
  note_change();
  return true;
}

void Users::replace_all(std::vector<User> users) {
  const base::MutexLock lock(mutex_);
  const auto old = std::exchange(users_, {});
  users.insert(users.begin(), initial_default_user());
  for (User& user : users) {
    const auto known = old.find(user.name);
    user.id = known == old.end() ? next_id_++ : known->second->id;
    std::string name = user.name;
    users_.insert_or_assign(std::move(name), std::make_shared<const User>(std::move(user)));
  }
  note_change();
}

void Users::set_default_password(std::string_view password) {
  const base::MutexLock lock(mutex_);
  User user = *users_.find(default_user)->second;
  user.passwords.clear();
  user.needs_no_password = password.empty();
  if (!password.empty())
    static_cast<void>(apply_rule(user, ">" + std::string(password), rule_context()));
  publish(std::move(user));
}

}  // namespace duplex::commands::acl
