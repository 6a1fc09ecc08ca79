// The ACL user `browser`.
#include "server/browser_fence.h"

#include "base/text.h"
#include "commands/acl_user.h"

#include <algorithm>

namespace duplex::server {

namespace {

constexpr std::string_view fence_user = "browser";

// What the protocols of browsers run for channels that a rule or a token has opened, and for
// streams that the configuration names.
constexpr std::string_view channel_commands[] = {
    "PUBLISH", "RT.PUBLISH", "RT.HISTORY", "RT.STREAM", "RT.KEY", "XADD"};

}  // namespace

bool BrowserFence::admits(std::string_view channel) const {
  const auto current = users_.find(fence_user);
  return current.user == nullptr ||
         (current.user->is_on && allows_channel(*current.user, channel, false));
}

bool BrowserFence::enter(commands::Client& client, std::string_view command) const {
  auto current = users_.find(fence_user);
  client.user = std::move(current.user);
  client.acl_version = current.version;
  client.authenticated.store(true, std::memory_order_relaxed);
  client.is_restricted = client.user != nullptr && !client.user->is_unrestricted();
  if (client.user != nullptr) return client.user->is_on;
  return std::ranges::any_of(channel_commands, [&](std::string_view name) {
    return base::equals_ignoring_case(name, command);
  });
}

}  // namespace duplex::server
