// The table `redis`, also known as `server`: what scripts ask of the server.
#include "script/redis_api.h"

#include "base/diagnostics.h"
#include "base/numbers.h"
#include "base/sha1.h"
#include "base/text.h"
#include "commands/acl_user.h"
#include "commands/compatible_version.h"
#include "commands/executor.h"
#include "script/lua_errors.h"
#include "script/protected_table.h"
#include "script/replies.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::script {

namespace {

char api_mark;  // in Lua's registry: the table behind `redis`

// What redis.set_repl() takes.
constexpr int repl_none = 0;
constexpr int repl_log = 1;
constexpr int repl_replica = 2;
constexpr int repl_all = repl_log | repl_replica;

constexpr const char* outside_text =
    "redis.call/pcall can only be called inside a script invocation";

// Text of a number as Redis's scripts send it.
void push_number_text(lua_State* lua, lua_Number number) {
  constexpr lua_Number exact_max = 1e15;
  if (number == std::floor(number) && std::fabs(number) < exact_max &&
      !(number == 0 && std::signbit(number))) {
    char digits[base::int64_digits_max];
    const std::size_t size = base::write_int64(static_cast<std::int64_t>(number), digits);
    return lua_pushlstring(lua, digits, size);
  }
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.17g", number);
  lua_pushlstring(lua, text, static_cast<std::size_t>(size));
}

// Raises the error at the top, or returns it as a value.
int give_error(lua_State* lua, bool raises) {
  return raises ? lua_error(lua) : 1;
}

// The arguments of a command: views into strings on Lua's stack. None if one is no string.
commands::Args read_arguments(lua_State* lua, int count) {
  std::vector<std::string_view>& words = Interpreter::of(lua).words();
  words.clear();
  for (int i = 1; i <= count; ++i) {
    const int type = lua_type(lua, i);
    if (type == LUA_TNUMBER) {
      push_number_text(lua, lua_tonumber(lua, i));
      lua_replace(lua, i);
    } else if (type != LUA_TSTRING) {
      return {};
    }
    words.push_back(text_at(lua, i));
  }
  return words;
}

int call_command(lua_State* lua, bool raises) {
  Interpreter& interpreter = Interpreter::of(lua);
  commands::CommandContext* ctx = interpreter.context();
  if (ctx == nullptr) return raise_error(lua, outside_text);
  const int count = lua_gettop(lua);
  if (count == 0) {
    push_error(lua, "ERR Please specify at least one argument for this redis lib call");
    return give_error(lua, raises);
  }
  luaL_checkstack(lua, 4, "too many arguments");
  const commands::Args args = read_arguments(lua, count);
  if (args.empty()) {
    push_error(lua, "ERR Lua redis lib command arguments must be strings or integers");
    return give_error(lua, raises);
  }
  // The buffer is the interpreter's, so that nothing is lost when Lua raises an error.
  base::Buffer& reply = interpreter.reply_buffer();
  reply.clear();
  const std::string_view refusal =
      ctx->script_unit().executor.call(ctx->script_unit().scope, args, reply);
  if (!refusal.empty()) {
    push_error(lua, refusal);
    return give_error(lua, raises);
  }
  const bool failed = reply.view().front() == '-';
  push_reply(lua, reply.view());
  constexpr std::size_t kept_bytes_max = 64 * 1024;
  if (reply.capacity() > kept_bytes_max) reply.release();
  return failed ? give_error(lua, raises) : 1;
}

int redis_call(lua_State* lua) {
  return call_command(lua, true);
}
int redis_pcall(lua_State* lua) {
  return call_command(lua, false);
}

int redis_log(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) return raise_error(lua, "redis.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0)
    return raise_error(lua, "First argument must be a number (log level).");
  constexpr std::array levels{base::LogLevel::debug,
                              base::LogLevel::verbose,
                              base::LogLevel::notice,
                              base::LogLevel::warning};
  const lua_Number level = std::trunc(lua_tonumber(lua, 1));
  if (!(level >= 0 && level < static_cast<lua_Number>(levels.size())))
    return raise_error(lua, "Invalid debug level.");
  luaL_Buffer text;
  luaL_buffinit(lua, &text);
  bool is_first = true;
  for (int i = 2; i <= count; ++i) {
    if (lua_isstring(lua, i) == 0) continue;
    if (!std::exchange(is_first, false)) luaL_addchar(&text, ' ');
    lua_pushvalue(lua, i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  base::log(levels[static_cast<std::size_t>(level)], "{}", text_at(lua, -1));
  return 0;
}

int redis_sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise_error(lua, "wrong number of arguments");
  if (lua_isstring(lua, 1) == 0) lua_pushliteral(lua, "");
  char digits[sha1_digits];
  write_sha1(text_at(lua, -1), digits);
  lua_pushlstring(lua, digits, sizeof digits);
  return 1;
}

int redis_setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise_error(lua, "redis.setresp() requires one argument.");
  const lua_Number version = std::trunc(lua_tonumber(lua, 1));
  if (version != 2 && version != 3) return raise_error(lua, "RESP version must be 2 or 3.");
  if (commands::CommandContext* ctx = Interpreter::of(lua).context())
    ctx->script_unit().scope.client.protocol.store(
        version == 2 ? resp::Protocol::resp2 : resp::Protocol::resp3, std::memory_order_relaxed);
  return 0;
}

int redis_set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise_error(lua, "redis.set_repl() requires two arguments.");
  const lua_Number flags = std::trunc(lua_tonumber(lua, 1));
  if (!(flags >= repl_none && flags <= repl_all))
    return raise_error(
        lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  if (commands::CommandContext* ctx = Interpreter::of(lua).context())
    ctx->script_unit().scope.is_logged = (static_cast<int>(flags) & repl_log) != 0;
  return 0;
}

// The table with one field that stands for a reply.
int single_field(lua_State* lua, const char* field) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    push_error(lua, "ERR wrong number or type of arguments");
    return 1;
  }
  lua_createtable(lua, 0, 1);
  lua_insert(lua, 1);
  lua_setfield(lua, 1, field);
  return 1;
}

int redis_status_reply(lua_State* lua) {
  return single_field(lua, "ok");
}

// "-CODE text" or "CODE text"; a lone word is the text of a generic error.
int redis_error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) return single_field(lua, "err");
  std::string_view text = text_at(lua, 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  lua_createtable(lua, 0, 1);
  if (text.find(' ') == std::string_view::npos) {
    lua_pushliteral(lua, "ERR ");
    push(lua, text);
    lua_concat(lua, 2);
  } else {
    push(lua, text);
  }
  lua_setfield(lua, -2, "err");
  return 1;
}

int redis_acl_check_cmd(lua_State* lua) {
  commands::CommandContext* ctx = Interpreter::of(lua).context();
  if (ctx == nullptr)
    return raise_error(lua, "redis.acl_check_cmd can only be called inside a script invocation");
  const int count = lua_gettop(lua);
  if (count == 0)
    return raise_error(lua, "Please specify at least one argument for this redis lib call");
  luaL_checkstack(lua, 4, "too many arguments");
  const commands::Args args = read_arguments(lua, count);
  if (args.empty())
    return raise_error(lua, "redis.acl_check_cmd() command arguments must be strings or integers");
  const commands::Command* command = ctx->services().table.find(args[0]);
  if (command != nullptr && !command->subcommands.empty() && args.size() > 1)
    command = command->subcommand(args[1]);
  if (command == nullptr)
    return raise_error(lua, "Invalid command passed to redis.acl_check_cmd()");
  const commands::Client& client = ctx->client();
  const bool may_run = !client.is_restricted || !commands::acl::check(*client.user, *command, args);
  lua_pushboolean(lua, may_run ? 1 : 0);
  return 1;
}

int always_true(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}
int always_false(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}
int nothing(lua_State*) {
  return 0;
}

struct NamedFunction {
  const char* name;
  lua_CFunction function;
};

constexpr NamedFunction functions[] = {{"call", redis_call},
                                       {"pcall", redis_pcall},
                                       {"log", redis_log},
                                       {"sha1hex", redis_sha1hex},
                                       {"setresp", redis_setresp},
                                       {"set_repl", redis_set_repl},
                                       {"status_reply", redis_status_reply},
                                       {"error_reply", redis_error_reply},
                                       {"acl_check_cmd", redis_acl_check_cmd}};
constexpr NamedFunction eval_functions[] = {
    {"replicate_commands", always_true}, {"breakpoint", always_false}, {"debug", nothing}};

constexpr std::pair<const char*, int> numbers[] = {{"LOG_DEBUG", 0},
                                                   {"LOG_VERBOSE", 1},
                                                   {"LOG_NOTICE", 2},
                                                   {"LOG_WARNING", 3},
                                                   {"REPL_NONE", repl_none},
                                                   {"REPL_AOF", repl_log},
                                                   {"REPL_SLAVE", repl_replica},
                                                   {"REPL_REPLICA", repl_replica},
                                                   {"REPL_ALL", repl_all}};

}  // namespace

void allow_registering(lua_State* lua, bool allowed) {
  struct Step {
    static int give(lua_State* state) {
      const bool is_given = lua_toboolean(state, 1) != 0;
      lua_pushlightuserdata(state, &api_mark);
      lua_rawget(state, LUA_REGISTRYINDEX);
      if (is_given)
        lua_pushcfunction(state, register_function);
      else
        lua_pushnil(state);
      lua_setfield(state, -2, "register_function");
      return 0;
    }
  };
  lua_pushcfunction(lua, Step::give);
  lua_pushboolean(lua, allowed ? 1 : 0);
  lua_pcall(lua, 1, 0, 0);
}

void write_sha1(std::string_view text, char* digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto hash = base::sha1(text);
  for (const auto byte : hash) {
    const auto value = static_cast<unsigned char>(byte);
    *digits++ = hex[value >> 4];
    *digits++ = hex[value & 0xf];
  }
}

void add_redis_api(lua_State* lua, StateKind kind) {
  lua_createtable(lua, 0, 32);
  const auto add = [lua](const NamedFunction& entry) {
    lua_pushcfunction(lua, entry.function);
    lua_setfield(lua, -2, entry.name);
  };
  for (const NamedFunction& entry : functions)
    add(entry);
  if (kind == StateKind::eval)
    for (const NamedFunction& entry : eval_functions)
      add(entry);
  for (const auto& [name, value] : numbers) {
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
  }
  push(lua, commands::compatible_version);
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_pushinteger(lua, commands::compatible_version_number);
  lua_setfield(lua, -2, "REDIS_VERSION_NUM");
  lua_pushlightuserdata(lua, &api_mark);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, LUA_REGISTRYINDEX);
  // Its place, so that giving and taking it away needs no memory.
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "register_function");
  lua_pushnil(lua);
  lua_setfield(lua, -2, "register_function");
  push_protected(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "server");
  lua_setfield(lua, -2, "redis");
}

}  // namespace duplex::script
