// Views of tables: scripts read them as if they were the tables, and cannot change them.
#pragma once

#include "script/lua.h"

namespace duplex::script {

// Replaces the table at the top by a view of it.
void push_protected(lua_State* lua);
// Whether a view is at this index.
bool is_protected(lua_State* lua, int index);
// Replaces a view at this index by the table behind it.
void look_behind(lua_State* lua, int index);
// Raises the error of who tries to change a view.
int refuse_change(lua_State* lua);

}  // namespace duplex::script
