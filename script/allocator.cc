// Memory of one interpreter: counted, and not more than a limit.
#include "script/allocator.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace duplex::script {

void* Allocator::allocate(void* self, void* block, std::size_t old_bytes, std::size_t new_bytes) {
  auto& own = *static_cast<Allocator*>(self);
  if (new_bytes == 0) {
    ::operator delete(block);
    own.bytes_ -= old_bytes;
    return nullptr;
  }
  // Lua relies on it that making a block smaller never fails.
  if (new_bytes > old_bytes && own.bytes_ - old_bytes + new_bytes > interpreter_bytes_max)
    return nullptr;
  void* moved = ::operator new(new_bytes, std::nothrow);
  if (moved == nullptr) return new_bytes <= old_bytes ? block : nullptr;
  if (block != nullptr) {
    std::memcpy(moved, block, std::min(old_bytes, new_bytes));
    ::operator delete(block);
  }
  own.bytes_ += new_bytes;
  own.bytes_ -= old_bytes;
  return moved;
}

}  // namespace duplex::script
