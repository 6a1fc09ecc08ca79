// ACL LOG.
#pragma once

namespace duplex::commands {

class CommandContext;

// The handler of ACL LOG.
void acl_log(CommandContext& ctx);

}  // namespace duplex::commands
