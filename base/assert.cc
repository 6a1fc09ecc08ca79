// How the process ends when one of our own expectations is broken.
#include "base/assert.h"

#include <execinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace duplex::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "\n=== DUPLEX BUG: %s:%d: expected %s\n", file, line, expression);
  void* frames[64];
  const int count = backtrace(frames, 64);
  backtrace_symbols_fd(frames, count, STDERR_FILENO);
  std::abort();
}

}  // namespace duplex::base
