// A function with a stack of its own, which can stop in the middle and go on later.
#pragma once

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>
#include <functional>

namespace duplex::base {

// Runs one body after the other on the same stack.
//
// Thread: one at a time; while it is suspended any thread may resume it.
// Lifetime: must not end while a body is suspended.
class Fiber {
 public:
  // The stack is reserved, not used: pages are taken as they are touched. Throws std::bad_alloc.
  explicit Fiber(std::size_t stack_bytes);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs `body` until it ends or suspends, and returns whether it ended. An exception must not
  // leave it. Requires: no body is suspended.
  bool start(std::function<void()> body);
  // Goes on with the body that is suspended. Returns whether it ended.
  bool resume();
  // Goes back to whoever called start() or resume(). Called from inside the body.
  void suspend();

 private:
  static void enter(boost::context::detail::transfer_t from);
  bool switch_in();
  void arrive(boost::context::detail::transfer_t from);

  char* memory_ = nullptr;
  const std::size_t bytes_;
  boost::context::detail::fcontext_t inside_ = nullptr;
  boost::context::detail::fcontext_t outside_ = nullptr;
  std::function<void()> body_;
  bool ended_ = true;
  // For the sanitizers, which have to be told of every switch. Clang sees that no other build uses
  // the first two.
  [[maybe_unused]] void* thread_sanitizer_inside_ = nullptr;
  [[maybe_unused]] void* thread_sanitizer_outside_ = nullptr;
  void* fake_stack_inside_ = nullptr;
  void* fake_stack_outside_ = nullptr;
  const void* outside_bottom_ = nullptr;
  std::size_t outside_bytes_ = 0;
};

}  // namespace duplex::base
