// Everything about scripts that the whole server shares.
#pragma once

#include "commands/command_context.h"
#include "commands/script_host.h"
#include "script/libraries.h"
#include "script/script_cache.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::script {

// Thread: any. Lifetime: outlives the executors.
class Engine final : public commands::ScriptHost {
 public:
  // commands::ScriptHost
  commands::ScriptUse use() const override;
  bool stays_with_keys(const commands::Command& command, commands::Args args) const override;
  bool never_writes(const commands::Command& command, commands::Args args) const override;

  std::expected<void, std::string> restore(commands::CommandContext& ctx,
                                           std::span<const std::string> sources,
                                           commands::LibraryPolicy policy) override;

  ScriptCache& scripts() { return scripts_; }
  Libraries& libraries() { return libraries_; }

  // SCRIPT FLUSH.
  void flush_scripts();
  std::uint64_t scripts_generation() const { return generation_.load(std::memory_order_acquire); }

  // Takes in a library from a snapshot at the start. The error is a sentence.
  std::expected<void, std::string> restore(std::string_view code);
  // The code of all libraries, for a snapshot. A caller that holds all shards sees one moment.
  std::vector<Libraries::Pointer> snapshot() const { return libraries_.list(); }

  static Engine& of(commands::CommandContext& ctx);

 private:
  mutable ScriptCache scripts_;
  Libraries libraries_;
  std::atomic<std::uint64_t> generation_{0};
};

// Compiles and registers a library. The error is a whole reply.
std::expected<Libraries::Pointer, std::string> make_library(std::string_view code);

// FUNCTION DUMP and RESTORE (function_dump.cc). The error is a whole reply.
std::expected<void, std::string> take_in(Libraries& libraries,
                                         const std::vector<Libraries::Pointer>& added,
                                         commands::LibraryPolicy policy);
std::string dump_libraries(const std::vector<Libraries::Pointer>& libraries);
// The error is a whole reply.
std::expected<std::vector<Libraries::Pointer>, std::string> read_libraries(
    std::string_view payload);

}  // namespace duplex::script
