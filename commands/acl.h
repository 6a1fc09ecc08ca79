// All users of the server: who there is, who may come in, and how that changes.
#pragma once

#include "base/mutex.h"
#include "commands/acl_log.h"
#include "commands/acl_rules.h"
#include "commands/acl_user.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands::acl {

using UserPtr = std::shared_ptr<const User>;

// The users. A client keeps the user it is, and asks again when version() has changed.
//
// Thread:    any (mutex_, a leaf).
// Invariant: there is always a user `default`.
class Users {
 public:
  // How many users there may be.
  static constexpr std::size_t users_max = 100'000;

  explicit Users(const CommandTable& table);

  // Changes with every change of a user.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Whether a client has to say who it is before it may do anything.
  bool auth_required() const { return auth_required_.load(std::memory_order_relaxed); }

  // A user together with the version in which it is like that; nullptr if there is none.
  struct Current {
    UserPtr user;
    std::uint64_t version = 0;
  };
  Current find(std::string_view name) const;
  // The same user as it is now; nullptr if it is gone, even if another one has its name.
  Current find_again(const User& user) const;
  // The user, if it is on and this is one of its passwords.
  Current authenticate(std::string_view name, std::string_view password) const;
  // By name.
  std::vector<UserPtr> all() const;

  // Makes or changes a user: all rules or none. Returns what is wrong ("Error in ACL SETUSER …").
  std::optional<std::string> set(std::string_view name, std::span<const std::string_view> rules);
  // False if there is none.
  bool remove(std::string_view name);
  // Replaces all users by those of an ACL file or of `user` lines; users of the same name stay the
  // same ones. Without a user `default` among them, it is as at the start.
  void replace_all(std::vector<User> users);
  // requirepass: the only password of `default`; empty: it needs none.
  void set_default_password(std::string_view password);

  RuleContext rule_context() const {
    return {table_, all_channels_at_first_.load(std::memory_order_relaxed)};
  }
  // acl-pubsub-default.
  void set_all_channels_at_first(bool all) {
    all_channels_at_first_.store(all, std::memory_order_relaxed);
  }
  // The user `default` of a server that nobody has configured.
  User initial_default_user() const;

  Log& log() { return log_; }
  const Log& log() const { return log_; }

 private:
  Current current(std::string_view name) const DUPLEX_REQUIRES(mutex_);
  void publish(User user) DUPLEX_REQUIRES(mutex_);
  void note_change() DUPLEX_REQUIRES(mutex_);

  const CommandTable& table_;
  std::atomic<std::uint64_t> version_{1};
  std::atomic<bool> auth_required_{false};
  std::atomic<bool> all_channels_at_first_{false};
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, UserPtr, std::less<>> users_ DUPLEX_GUARDED_BY(mutex_);
  std::uint64_t next_id_ DUPLEX_GUARDED_BY(mutex_) = 1;
  Log log_;
};

}  // namespace duplex::commands::acl
