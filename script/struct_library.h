// The library `struct`: values in the bytes of C's types.
#pragma once

#include "script/lua.h"

namespace duplex::script {

void push_struct_library(lua_State* lua);

}  // namespace duplex::script
