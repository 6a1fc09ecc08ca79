// A user of access control, as it is at one moment.
#include "commands/acl_user.h"

#include "base/sha256.h"

#include <algorithm>

namespace duplex::commands::acl {

bool User::is_unrestricted() const {
  return std::ranges::any_of(selectors, &Selector::is_unrestricted);
}

bool User::accepts(std::string_view password) const {
  const std::string digest = base::sha256_hex(password);
  bool matches = false;
  for (const std::string& known : passwords)
    matches |= base::equal_secrets(known, digest);
  return is_on && (needs_no_password || matches);
}

std::vector<std::string_view> User::flags() const {
  std::vector<std::string_view> flags{is_on ? "on" : "off"};
  if (needs_no_password) flags.push_back("nopass");
  if (sanitizing == Sanitizing::skipped) flags.push_back("skip-sanitize-payload");
  if (sanitizing == Sanitizing::checked) flags.push_back("sanitize-payload");
  return flags;
}

std::string User::text() const {
  std::string text;
  for (const std::string_view flag : flags()) {
    text += flag;
    text += ' ';
  }
  for (const std::string& password : passwords)
    text += '#' + password + ' ';
  for (const Selector& selector : selectors) {
    const bool is_root = &selector == &selectors.front();
    if (!is_root) text += " (";
    if (const std::string keys = selector.keys_text(); !keys.empty()) text += keys + ' ';
    if (!selector.has_all_channels()) text += "resetchannels ";
    if (const std::string channels = selector.channels_text(); !channels.empty())
      text += channels + ' ';
    text += selector.commands_text();
    if (!is_root) text += ')';
  }
  return text;
}

std::optional<Denial> check(const User& user, const Command& command, Args args) {
  RequestKeys request(command, args);
  // What no selector allows at all counts less than what one of them almost allowed.
  Denial worst;
  for (const Selector& selector : user.selectors) {
    const auto denial = selector.check(request);
    if (!denial) return std::nullopt;
    if (denial->reason > worst.reason ||
        (denial->reason == worst.reason && denial->index > worst.index))
      worst = *denial;
  }
  return worst;
}

bool may_read_every_key(const User& user, const Command& command, Args args) {
  RequestKeys request(command, args);
  return std::ranges::any_of(user.selectors, [&](const Selector& selector) {
    return !selector.check(request) && selector.covers_every_key(Access::read);
  });
}

bool allows_channel(const User& user, std::string_view name, bool is_pattern) {
  return std::ranges::any_of(user.selectors, [&](const Selector& selector) {
    return selector.allows_channel(name, is_pattern);
  });
}

bool channels_cover(const User& after, const User& before) {
  if (std::ranges::any_of(after.selectors, &Selector::has_all_channels)) return true;
  return std::ranges::all_of(before.selectors, [&](const Selector& selector) {
    if (selector.has_all_channels()) return false;
    return std::ranges::all_of(selector.channels(), [&](const Pattern& channel) {
      return allows_channel(after, channel.text(), true);
    });
  });
}

}  // namespace duplex::commands::acl
