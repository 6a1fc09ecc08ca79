// Randomness from the kernel.
#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace duplex::base {

void secure_random(void* out, std::uint64_t bytes) {
  auto* at = static_cast<unsigned char*>(out);
  while (bytes > 0) {
    const ssize_t got = getrandom(at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    DUPLEX_ASSERT(got > 0);
    at += got;
    bytes -= static_cast<std::uint64_t>(got);
  }
}

}  // namespace duplex::base
