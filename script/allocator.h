// Memory of one interpreter: counted, and not more than a limit.
#pragma once

#include <cstddef>

namespace duplex::script {

// What one interpreter may take. A script that wants more gets Lua's "not enough memory".
inline constexpr std::size_t interpreter_bytes_max = std::size_t{512} * 1024 * 1024;

// Thread: confined to its interpreter.
class Allocator {
 public:
  // What Lua calls (lua_Alloc); `self` is the allocator.
  static void* allocate(void* self, void* block, std::size_t old_bytes, std::size_t new_bytes);

  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace duplex::script
