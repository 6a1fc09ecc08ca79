// Everything about scripts that the whole server shares.
#include "script/engine.h"

#include "base/text.h"
#include "script/interpreter.h"
#include "script/redis_api.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace duplex::script {

namespace {

bool declares(const ScriptFlags& flags) {
  return flags.has_shebang && !flags.has(ScriptFlag::allow_cross_slot_keys);
}

}  // namespace

Engine& Engine::of(commands::CommandContext& ctx) {
  return static_cast<Engine&>(*ctx.services().scripts);
}

commands::ScriptUse Engine::use() const {
  commands::ScriptUse use{
      .cached = scripts_.size(),
      .cached_bytes = scripts_.bytes(),
      .evicted = scripts_.evicted(),
      .eval_interpreter_bytes = Interpreter::bytes_of_all(StateKind::eval),
      .function_interpreter_bytes = Interpreter::bytes_of_all(StateKind::function)};
  for (const Libraries::Pointer& library : libraries_.list()) {
    ++use.libraries;
    use.functions += library->functions.size();
    use.library_bytes += library->code.size();
  }
  return use;
}

bool Engine::stays_with_keys(const commands::Command& command, commands::Args args) const {
  const std::string_view what = args[1];
  const std::string_view name = command.full_name;
  if (name.starts_with("fcall")) {
    const Libraries::Found found = libraries_.find(what);
    return found.function != nullptr && declares(found.function->flags) &&
           !found.library->has_strayed.load(std::memory_order_relaxed);
  }
  ScriptCache::Pointer script;
  if (name.starts_with("evalsha")) {
    script = scripts_.find(base::lowered(what));
  } else if (what.starts_with("#!")) {
    char sha[sha1_digits];
    write_sha1(what, sha);
    script = scripts_.find({sha, sizeof sha});
  }
  // What is not known yet is run with the token, and known from then on.
  return script && declares(script->flags) && !script->has_strayed.load(std::memory_order_relaxed);
}

bool Engine::never_writes(const commands::Command& command, commands::Args args) const {
  const std::string_view what = args[1];
  const std::string_view name = command.full_name;
  if (name.starts_with("fcall")) {
    const Libraries::Found found = libraries_.find(what);
    return found.function != nullptr && found.function->flags.has(ScriptFlag::no_writes);
  }
  if (name.starts_with("evalsha")) {
    const ScriptCache::Pointer script = scripts_.find(base::lowered(what));
    return script && script->flags.has(ScriptFlag::no_writes);
  }
  const auto shebang = read_shebang(what);
  return shebang && shebang->flags.has(ScriptFlag::no_writes);
}

void Engine::flush_scripts() {
  scripts_.flush();
  generation_.fetch_add(1, std::memory_order_release);
}

std::expected<void, std::string> Engine::restore(std::string_view code) {
  auto library = make_library(code);
  if (!library) return std::unexpected(std::move(library.error()));
  return libraries_.add({std::move(*library)}, false);
}

std::expected<Libraries::Pointer, std::string> make_library(std::string_view code) {
  const auto head = read_library_head(code);
  if (!head) return std::unexpected(head.error());
  auto library = std::make_shared<Library>(head->name, code);
  Interpreter interpreter(StateKind::function);
  if (auto error = interpreter.load(*library, head->body))
    return std::unexpected(std::move(*error));
  return library;
}

}  // namespace duplex::script
