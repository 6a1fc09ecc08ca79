// The ACL user `browser`: the outer fence around everything that browsers cause.
#pragma once

#include "commands/acl.h"
#include "commands/client.h"
#include "realtime/authority.h"

#include <string_view>

namespace duplex::server {

// Where there is no such user there is no fence: then channel rules and tokens alone decide about
// channels, and nothing else can be reached at all. A user that is off lets nothing through.
//
// Thread: any. Lifetime: the users outlive it.
class BrowserFence final : public realtime::ChannelFence {
 public:
  explicit BrowserFence(const commands::acl::Users& users) : users_(users) {}

  bool admits(std::string_view channel) const override;

  // Makes the client this user as it is now, before it runs the command with this name. False if
  // it is off, or there is no such user and the command is none that channels are made of. Thread:
  // the client's loop.
  bool enter(commands::Client& client, std::string_view command) const;

 private:
  const commands::acl::Users& users_;
};

}  // namespace duplex::server
