// The library `cmsgpack`: Lua values as MessagePack and back.
#pragma once

#include "script/lua.h"

namespace duplex::script {

// How deep tables are written; what is deeper becomes nil.
inline constexpr int message_pack_depth_max = 16;

void push_message_pack(lua_State* lua);

// unpack(text), unpack_one(text, offset), unpack_limit(text, limit, offset) (message_unpack.cc).
int message_unpack(lua_State* lua);
int message_unpack_one(lua_State* lua);
int message_unpack_limit(lua_State* lua);

}  // namespace duplex::script
