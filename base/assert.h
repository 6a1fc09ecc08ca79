// Assertions about our own code: they stay on in release builds and end the process loudly.
#pragma once

namespace duplex::base {

// Prints the broken expectation with its place and a stack, then aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace duplex::base

#define DUPLEX_ASSERT(condition)                                              \
  do {                                                                        \
    if (!(condition)) [[unlikely]]                                            \
      ::duplex::base::assertion_failed(#condition, __FILE__, __LINE__);       \
  } while (false)

// For checks that are too dear for the hot path: only in builds without NDEBUG.
#ifdef NDEBUG
#define DUPLEX_DCHECK(condition) \
  do {                           \
  } while (false)
#else
#define DUPLEX_DCHECK(condition) DUPLEX_ASSERT(condition)
#endif
