// Replies of commands as Lua values, and Lua values as replies.
#pragma once

#include "resp/reply_writer.h"
#include "script/lua.h"

#include <cstddef>
#include <string_view>

namespace duplex::script {

// Pushes the reply that `bytes` begin with, as this server wrote it. Returns how many bytes it has.
// May raise a Lua error.
std::size_t push_reply(lua_State* lua, std::string_view bytes);

// Writes the value at the top as a reply, and pops it. `protocol` is what the script chose with
// setresp(); the writer's is the client's. May raise a Lua error.
void write_reply(lua_State* lua, resp::ReplyWriter& reply, resp::Protocol protocol);

}  // namespace duplex::script
