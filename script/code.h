// What is known about a script before it runs.
#pragma once

#include "script/shebang.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace duplex::script {

// Interpreters know what they have compiled by this number: it is never used twice.
inline std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// A script of EVAL. Thread: immutable, but for has_strayed.
struct Script {
  Script(std::string name, std::string text, Shebang head)
      : sha(std::move(name)), code(std::move(text)), flags(head.flags) {}

  const std::uint64_t serial = next_serial();
  const std::string sha;   // lower case
  const std::string code;  // as it was given
  const ScriptFlags flags;
  // It touched a key that it was not given: from then on it is run with the token.
  mutable std::atomic<bool> has_strayed{false};
};

}  // namespace duplex::script
