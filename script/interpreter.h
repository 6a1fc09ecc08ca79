// One Lua state of one script unit, and how a script runs in it.
#pragma once

#include "commands/command_context.h"
#include "commands/script_unit.h"
#include "script/allocator.h"
#include "script/code.h"
#include "script/lua.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::script {

struct Function;
struct Library;

// What scripts are for: those of EVAL and those of FUNCTION see different things.
enum class StateKind : std::uint8_t { eval, function };

// Thread: confined to its unit.
class Interpreter {
 public:
  explicit Interpreter(StateKind kind);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Compiles a script, and forgets it again. Returns what is wrong with it.
  std::optional<std::string> check(const Script& script);

  // A script or function with its arguments; writes its reply. The scope of the unit has been
  // filled in.
  void run(commands::CommandContext& ctx,
           const Script& script,
           commands::Args keys,
           commands::Args arguments);
  void run(commands::CommandContext& ctx,
           const std::shared_ptr<const Library>& library,
           const Function& function,
           commands::Args keys,
           commands::Args arguments);

  // Runs a library's code, which registers its functions in `to`. Returns what is wrong with it.
  std::optional<std::string> load(Library& to, std::string_view body);

  std::size_t bytes() const { return allocator_.bytes(); }
  // What the interpreters of all units take, each rounded to some KiB. Thread: any.
  static std::size_t bytes_of_all(StateKind kind);
  // How many compiled scripts it keeps.
  std::size_t compiled() const { return compiled_.size(); }

  // --- for the functions that scripts call ---
  static Interpreter& of(lua_State* lua);
  // Lets others have their turn, or raises the error of a script that has to stop. To be called
  // from time to time by what takes long.
  static void look(lua_State* lua);
  // What runs at the moment; nullptr while a library is loaded.
  commands::CommandContext* context() { return ctx_; }
  Library* loading() { return loading_; }
  base::Buffer& reply_buffer() { return nested_reply_; }
  std::vector<std::string_view>& words() { return words_; }
  // Where in Lua's registry the function is that is being registered.
  void keep_loaded(const std::string& name, int place) { loading_places_[name] = place; }

 private:
  struct Call;

  static int set_up(lua_State* lua);
  static int run_protected(lua_State* lua);
  static int load_protected(lua_State* lua);
  static void hook(lua_State* lua, lua_Debug*);

  void run(Call& call);
  void call_script(Call& call);
  void write_error(Call& call, int status);
  void push_words(commands::Args words);
  void push_compiled(const Script& script);
  void push_function(const Library& library, const Function& function);
  void after_run();
  void tell_bytes();
  void forget_unloaded();

  StateKind kind_;
  Allocator allocator_;
  std::size_t told_bytes_ = 0;  // the part in bytes_of_all()
  lua_State* lua_ = nullptr;
  // Places in Lua's registry, by the serial of a script or by that of a library and its function.
  std::unordered_map<std::uint64_t, int> compiled_;
  struct LoadedLibrary {
    std::weak_ptr<const Library> library;
    std::unordered_map<std::string, int> places;
  };
  std::unordered_map<std::uint64_t, LoadedLibrary> libraries_;

  commands::CommandContext* ctx_ = nullptr;
  Library* loading_ = nullptr;
  std::int64_t load_deadline_us_ = 0;
  bool load_compiled_ = false;  // what went wrong after that is about registering
  std::unordered_map<std::string, int> loading_places_;
  base::Buffer nested_reply_;
  std::vector<std::string_view> words_;
  unsigned runs_since_collection_ = 0;
};

// What a unit keeps from script to script.
class UnitMemory final : public commands::ScriptMemory {
 public:
  // `generation` is that of SCRIPT FLUSH or FUNCTION FLUSH: an older state is thrown away.
  Interpreter& eval(std::uint64_t generation);
  Interpreter& function(std::uint64_t generation);

  static UnitMemory& of(commands::ScriptUnit& unit);

 private:
  struct State {
    std::unique_ptr<Interpreter> interpreter;
    std::uint64_t generation = 0;
  };
  static Interpreter& current(State& state, StateKind kind, std::uint64_t generation);

  State eval_;
  State function_;
};

}  // namespace duplex::script
