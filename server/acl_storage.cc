// Where users are kept: in an ACL file, or in `user` lines of the configuration.
#include "server/acl_storage.h"

#include "base/diagnostics.h"
#include "commands/acl_file.h"
#include "commands/acl_rules.h"
#include "server/config_loader.h"
#include "server/config_values.h"
#include "server/replaced_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace duplex::server {

namespace {

namespace acl = commands::acl;

constexpr std::string_view no_file =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
    "configuration file set) in order to store users in the Redis configuration.";

// Secrets are digests, but weak passwords can be found from these: only the owner reads the file.
constexpr ::mode_t new_file_mode = 0600;

// The users of the configuration's lines.
std::expected<std::vector<acl::User>, std::string> users_of(const Config& config,
                                                            const acl::Users& users) {
  std::vector<acl::User> result;
  for (const UserLine& line : config.users) {
    if (acl::has_blanks(line.name)) return std::unexpected("Spaces not allowed in ACL usernames");
    acl::User user = acl::new_user(line.name, users.rule_context());
    if (line.name == acl::default_user)
      static_cast<void>(acl::apply_rule(user, "reset", users.rule_context()));
    for (const std::string& rule : line.rules) {
      if (const auto applied = acl::apply_rule(user, rule, users.rule_context()); !applied)
        return std::unexpected(
            fmt::format("Error loading ACL rule '{}' for the user named '{}': {}",
                        applied.error().rule,
                        line.name,
                        applied.error().reason));
    }
    if (!user.is_on)
      base::log(base::LogLevel::notice,
                "The user '{}' is disabled (there is no 'on' modifier in the user description). "
                "Make sure this is not a configuration error.",
                line.name);
    result.push_back(std::move(user));
  }
  return result;
}

}  // namespace

AclStorage::AclStorage(acl::Users& users, std::string file)
    : users_(users), path_(std::move(file)) {}

std::expected<void, std::string> AclStorage::load_at_start(const Config& config) {
  users_.set_default_password(config.requirepass);
  if (!path_.empty() && !config.users.empty())
    return std::unexpected(
        "Configuring Redis with users defined in redis.conf and at the same setting an ACL file "
        "path is invalid. This setup is very likely to lead to configuration errors and security "
        "holes, please define either an ACL file or declare users directly in your redis.conf, but "
        "not both.");
  if (!config.users.empty()) {
    auto users = users_of(config, users_);
    if (!users) return std::unexpected(users.error());
    const bool names_default = std::ranges::any_of(
        *users, [](const acl::User& user) { return user.name == acl::default_user; });
    users_.replace_all(*std::move(users));
    if (!names_default) users_.set_default_password(config.requirepass);
  }
  if (path_.empty()) return {};
  auto read = read_file();
  if (!read)
    return std::unexpected("Aborting Duplex startup because of ACL errors: " + read.error());
  if (!config.requirepass.empty())
    base::log(base::LogLevel::warning,
              "requirepass is ignored: the ACL file says how the default user may come in");
  return {};
}

std::expected<void, std::string> AclStorage::read_file() {
  const auto text = read_config_file(path_);
  if (!text)
    return std::unexpected(
        fmt::format("Error loading ACLs, opening file '{}': {}", path_, text.error()));
  auto users = acl::read_users(*text, path_, users_.rule_context());
  if (!users) return std::unexpected(users.error());
  users_.replace_all(*std::move(users));
  return {};
}

std::optional<std::string> AclStorage::load() {
  if (path_.empty()) return std::string(no_file);
  const std::lock_guard lock(file_);
  const auto read = read_file();
  if (!read) return "ERR " + read.error();
  return std::nullopt;
}

std::optional<std::string> AclStorage::save() {
  if (path_.empty()) return std::string(no_file);
  const std::lock_guard lock(file_);
  struct stat status{};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  const auto saved = replace_file(
      path_, acl::write_users(users_.all()), exists ? status.st_mode & 07777 : new_file_mode);
  if (saved) return std::nullopt;
  base::log(base::LogLevel::warning, "Writing ACL file for ACL SAVE: {}", saved.error());
  return "ERR There was an error trying to save the ACLs. Please check the server logs for more "
         "information";
}

std::vector<UserLine> AclStorage::lines(const std::string& requirepass) const {
  if (!path_.empty()) return {};
  const auto all = users_.all();
  acl::User plain = users_.initial_default_user();
  if (!requirepass.empty())
    static_cast<void>(acl::apply_rule(plain, ">" + requirepass, users_.rule_context()));
  if (all.size() == 1 && all.front()->text() == plain.text()) return {};
  std::vector<UserLine> lines;
  for (const acl::UserPtr& user : all)
    lines.push_back({user->name, words_of_list(std::vector{user->text()})});
  return lines;
}

}  // namespace duplex::server
