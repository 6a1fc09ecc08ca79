// One Lua state of one script unit, and how a script runs in it.
#include "script/interpreter.h"

#include "base/assert.h"
#include "base/clock.h"
#include "commands/executor.h"
#include "script/libraries.h"
#include "script/lua_errors.h"
#include "script/redis_api.h"
#include "script/replies.h"
#include "script/sandbox.h"

#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

namespace duplex::script {

namespace {

constexpr const char* script_chunk = "@user_script";
constexpr const char* function_chunk = "@user_function";
// How many of Lua's instructions pass between two looks at the clock.
constexpr int hook_instructions = 5000;
// As Redis: what registers functions has to be quick.
constexpr std::int64_t load_us_max = 500'000;
// A compiled script is cheap to make again.
constexpr std::size_t compiled_max = 2000;
constexpr unsigned runs_per_collection = 50;
constexpr int collection_step = 50;
// What an interpreter may keep between two scripts without a whole collection.
constexpr std::size_t kept_bytes_max = 16 * 1024 * 1024;
// Smaller changes are not told to the sum that all interpreters share.
constexpr std::size_t told_bytes_step = 8 * 1024;

std::atomic<std::size_t> eval_bytes{0};
std::atomic<std::size_t> function_bytes{0};

std::atomic<std::size_t>& sum_of(StateKind kind) {
  return kind == StateKind::eval ? eval_bytes : function_bytes;
}

int out_of_control(lua_State*) {
  DUPLEX_ASSERT(false && "an error outside of a protected call");
  return 0;
}

struct Compilation {
  std::string_view code;
  const char* name;
};

// Compiles the text; raises what is wrong with it.
void push_chunk(lua_State* lua, Compilation what) {
  if (what.code.starts_with(LUA_SIGNATURE[0]))
    luaL_error(lua, "%s: binary chunks are not allowed", what.name + 1);
  if (luaL_loadbuffer(lua, what.code.data(), what.code.size(), what.name) != 0) lua_error(lua);
}

}  // namespace

struct Interpreter::Call {
  Interpreter& interpreter;
  commands::CommandContext& ctx;
  std::string_view name;
  const Script* script = nullptr;
  std::shared_ptr<const Library> library;
  const Function* function = nullptr;
  commands::Args keys;
  commands::Args arguments;
  // Where the reply begins in the client's buffer.
  std::size_t reply_begin = 0;
};

Interpreter& Interpreter::of(lua_State* lua) {
  void* allocator = nullptr;
  lua_getallocf(lua, &allocator);
  // The allocator is the first thing that every state knows; it stands in its interpreter.
  return *reinterpret_cast<Interpreter*>(static_cast<char*>(allocator) -
                                         offsetof(Interpreter, allocator_));
}

Interpreter::Interpreter(StateKind kind) : kind_(kind) {
  lua_ = lua_newstate(&Allocator::allocate, &allocator_);
  if (lua_ == nullptr) throw std::bad_alloc();
  lua_atpanic(lua_, out_of_control);
  if (lua_cpcall(lua_, set_up, this) != 0) {
    lua_close(lua_);
    throw std::bad_alloc();
  }
  lua_sethook(lua_, hook, LUA_MASKCOUNT, hook_instructions);
  tell_bytes();
}

Interpreter::~Interpreter() {
  lua_close(lua_);
  sum_of(kind_).fetch_sub(told_bytes_, std::memory_order_relaxed);
}

std::size_t Interpreter::bytes_of_all(StateKind kind) {
  return sum_of(kind).load(std::memory_order_relaxed);
}

void Interpreter::tell_bytes() {
  const std::size_t bytes = allocator_.bytes();
  const std::size_t change = bytes > told_bytes_ ? bytes - told_bytes_ : told_bytes_ - bytes;
  if (change < told_bytes_step) return;
  // Wraps around where it shrinks.
  sum_of(kind_).fetch_add(bytes - told_bytes_, std::memory_order_relaxed);
  told_bytes_ = bytes;
}

int Interpreter::set_up(lua_State* lua) {
  const auto& own = *static_cast<Interpreter*>(lua_touserdata(lua, 1));
  open_sandbox(lua);
  add_redis_api(lua, own.kind_);
  protect_globals(lua);
  return 0;
}

// Called by Lua from time to time.
void Interpreter::hook(lua_State* lua, lua_Debug*) {
  look(lua);
}

void Interpreter::look(lua_State* lua) {
  Interpreter& own = of(lua);
  if (own.loading_ != nullptr) {
    if (base::steady_us() <= own.load_deadline_us_) return;
    lua_sethook(lua, hook, LUA_MASKCOUNT, 1);  // as below
    luaL_error(lua, "FUNCTION LOAD timeout");
  }
  if (own.ctx_ == nullptr) return;
  commands::Executor& executor = own.ctx_->script_unit().executor;
  if (!executor.must_stop() && executor.is_slice_over()) executor.suspend();
  if (!executor.must_stop()) return;
  // A pcall() catches this too, but every instruction behind it fails again.
  lua_sethook(lua, hook, LUA_MASKCOUNT, 1);
  raise_error(lua, "Script killed by user with SCRIPT KILL...");
}

void Interpreter::push_words(commands::Args words) {
  luaL_checkstack(lua_, 4, "too many arguments");
  lua_createtable(lua_, static_cast<int>(words.size()), 0);
  int index = 0;
  for (const std::string_view word : words) {
    push(lua_, word);
    lua_rawseti(lua_, -2, ++index);
  }
}

void Interpreter::push_compiled(const Script& script) {
  if (const auto found = compiled_.find(script.serial); found != compiled_.end())
    return lua_rawgeti(lua_, LUA_REGISTRYINDEX, found->second);
  // read_shebang() has accepted the line before.
  std::size_t first = 0;
  if (script.flags.has_shebang) first = script.code.find('\n');
  push_chunk(lua_, {std::string_view(script.code).substr(first), script_chunk});
  if (compiled_.size() >= compiled_max) {
    for (const auto& [serial, place] : compiled_)
      luaL_unref(lua_, LUA_REGISTRYINDEX, place);
    compiled_.clear();
  }
  lua_pushvalue(lua_, -1);
  compiled_[script.serial] = luaL_ref(lua_, LUA_REGISTRYINDEX);
}

void Interpreter::push_function(const Library& library, const Function& function) {
  const auto& places = libraries_.at(library.serial).places;
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, places.at(function.name));
}

std::optional<std::string> Interpreter::check(const Script& script) {
  struct Check {
    Interpreter& interpreter;
    const Script& script;
  } check{*this, script};
  const auto compile = [](lua_State* lua) {
    const auto& what = *static_cast<Check*>(lua_touserdata(lua, 1));
    what.interpreter.push_compiled(what.script);
    return 0;
  };
  std::optional<std::string> error;
  if (lua_cpcall(lua_, compile, &check) != 0)
    error = fmt::format("ERR Error compiling script (new function): {}", text_at(lua_, -1));
  lua_settop(lua_, 0);
  return error;
}

void Interpreter::write_error(Call& call, int status) {
  resp::ReplyWriter& reply = call.ctx.reply();
  reply.buffer().truncate(call.reply_begin);
  if (!lua_istable(lua_, -1)) {
    const char* text = status == LUA_ERRMEM ? "not enough memory" : "execution failure";
    if (lua_isstring(lua_, -1) != 0) text = lua_tostring(lua_, -1);
    return call.ctx.error(fmt::format("ERR Error running script {}, {}", call.name, text));
  }
  int pushed = 0;
  const ErrorParts parts = read_error(lua_, pushed);
  const std::string text =
      parts.line.empty() || parts.source.empty()
          ? std::string(parts.text)
          : fmt::format(
                "{} script: {}, on {}:{}.", parts.text, call.name, parts.source, parts.line);
  if (parts.is_counted)
    reply.error(text);
  else
    call.ctx.error(text);
}

void Interpreter::call_script(Call& call) {
  lua_pushcfunction(lua_, error_handler);
  const int handler = lua_gettop(lua_);
  int count = 0;
  if (call.script != nullptr) {
    push_compiled(*call.script);
    push_globals(lua_);
    push_words(call.keys);
    lua_setfield(lua_, -2, "KEYS");
    push_words(call.arguments);
    lua_setfield(lua_, -2, "ARGV");
    lua_pop(lua_, 1);
  } else {
    push_function(*call.library, *call.function);
    push_words(call.keys);
    push_words(call.arguments);
    count = 2;
  }
  const int status = lua_pcall(lua_, count, 1, handler);
  if (status != 0) return write_error(call, status);
  write_reply(lua_,
              call.ctx.reply(),
              call.ctx.script_unit().scope.client.protocol.load(std::memory_order_relaxed));
}

int Interpreter::run_protected(lua_State* lua) {
  auto& call = *static_cast<Call*>(lua_touserdata(lua, 1));
  call.interpreter.call_script(call);
  return 0;
}

void Interpreter::run(Call& call) {
  ctx_ = &call.ctx;
  call.reply_begin = call.ctx.reply().buffer().size();
  // What fails here is memory, or a reply that cannot be told.
  if (const int status = lua_cpcall(lua_, run_protected, &call); status != 0)
    write_error(call, status);
  ctx_ = nullptr;
  after_run();
}

void Interpreter::after_run() {
  lua_settop(lua_, 0);
  lua_sethook(lua_, hook, LUA_MASKCOUNT, hook_instructions);
  if (allocator_.bytes() > kept_bytes_max) {
    lua_gc(lua_, LUA_GCCOLLECT, 0);
  } else if (++runs_since_collection_ >= runs_per_collection) {
    runs_since_collection_ = 0;
    lua_gc(lua_, LUA_GCSTEP, collection_step);
  }
  tell_bytes();
}

void Interpreter::run(commands::CommandContext& ctx,
                      const Script& script,
                      commands::Args keys,
                      commands::Args arguments) {
  Call call{.interpreter = *this,
            .ctx = ctx,
            .name = script.sha,
            .script = &script,
            .library = nullptr,
            .function = nullptr,
            .keys = keys,
            .arguments = arguments};
  run(call);
}

void Interpreter::run(commands::CommandContext& ctx,
                      const std::shared_ptr<const Library>& library,
                      const Function& function,
                      commands::Args keys,
                      commands::Args arguments) {
  if (!libraries_.contains(library->serial)) {
    forget_unloaded();
    Library again(library->name, library->code);
    const std::string_view code = library->code;
    if (const auto error = load(again, code.substr(code.find('\n')))) return ctx.error(*error);
    LoadedLibrary& loaded = libraries_[library->serial];
    loaded.library = library;
    loaded.places = std::exchange(loading_places_, {});
    // It was registered when the library was loaded, but the library may depend on what it saw.
    if (!loaded.places.contains(function.name)) return ctx.error("ERR Function not found");
  }
  Call call{.interpreter = *this,
            .ctx = ctx,
            .name = function.name,
            .script = nullptr,
            .library = library,
            .function = &function,
            .keys = keys,
            .arguments = arguments};
  run(call);
}

void Interpreter::forget_unloaded() {
  for (auto at = libraries_.begin(); at != libraries_.end();) {
    if (!at->second.library.expired()) {
      ++at;
      continue;
    }
    for (const auto& [name, place] : at->second.places)
      luaL_unref(lua_, LUA_REGISTRYINDEX, place);
    at = libraries_.erase(at);
  }
}

int Interpreter::load_protected(lua_State* lua) {
  const auto& call =
      *static_cast<std::pair<Interpreter*, std::string_view>*>(lua_touserdata(lua, 1));
  push_chunk(lua, {call.second, function_chunk});
  call.first->load_compiled_ = true;
  lua_pushcfunction(lua, error_handler);
  lua_insert(lua, -2);
  const int status = lua_pcall(lua, 0, 0, lua_gettop(lua) - 1);
  if (status == 0) return 0;
  if (lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
  }
  return lua_error(lua);
}

std::optional<std::string> Interpreter::load(Library& to, std::string_view body) {
  loading_ = &to;
  loading_places_.clear();
  load_compiled_ = false;
  load_deadline_us_ = base::steady_us() + load_us_max;
  allow_registering(lua_, true);
  std::pair<Interpreter*, std::string_view> call(this, body);
  std::optional<std::string> error;
  if (lua_cpcall(lua_, load_protected, &call) != 0) {
    const std::string_view text =
        lua_isstring(lua_, -1) != 0 ? text_at(lua_, -1) : std::string_view("execution failure");
    error = load_compiled_ ? fmt::format("ERR Error registering functions: {}", text)
                           : fmt::format("ERR Error compiling function: {}", text);
  }
  allow_registering(lua_, false);
  loading_ = nullptr;
  lua_settop(lua_, 0);
  lua_sethook(lua_, hook, LUA_MASKCOUNT, hook_instructions);
  if (!error && to.functions.empty()) error = "ERR No functions registered";
  return error;
}

UnitMemory& UnitMemory::of(commands::ScriptUnit& unit) {
  if (!unit.memory) unit.memory = std::make_unique<UnitMemory>();
  return static_cast<UnitMemory&>(*unit.memory);
}

Interpreter& UnitMemory::current(State& state, StateKind kind, std::uint64_t generation) {
  if (!state.interpreter || state.generation != generation) {
    state.interpreter = std::make_unique<Interpreter>(kind);
    state.generation = generation;
  }
  return *state.interpreter;
}

Interpreter& UnitMemory::eval(std::uint64_t generation) {
  return current(eval_, StateKind::eval, generation);
}
Interpreter& UnitMemory::function(std::uint64_t generation) {
  return current(function_, StateKind::function, generation);
}

}  // namespace duplex::script
