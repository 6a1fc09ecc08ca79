// A function with a stack of its own, which can stop in the middle and go on later.
#include "base/fiber.h"

#include "base/assert.h"

#include <new>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define DUPLEX_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DUPLEX_FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define DUPLEX_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DUPLEX_FIBER_TSAN 1
#endif
#endif

#ifdef DUPLEX_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef DUPLEX_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace duplex::base {

namespace context = boost::context::detail;

Fiber::Fiber(std::size_t stack_bytes)
    : bytes_(stack_bytes + static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  void* memory = ::mmap(nullptr,
                        bytes_,
                        PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
                        -1,
                        0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Who runs off the end of the stack must not write into somebody else's memory.
  if (::mprotect(memory, bytes_ - stack_bytes, PROT_NONE) != 0) {
    ::munmap(memory, bytes_);
    throw std::bad_alloc();
  }
  memory_ = static_cast<char*>(memory);
#ifdef DUPLEX_FIBER_TSAN
  thread_sanitizer_inside_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  DUPLEX_ASSERT(ended_);
#ifdef DUPLEX_FIBER_TSAN
  __tsan_destroy_fiber(thread_sanitizer_inside_);
#endif
  ::munmap(memory_, bytes_);
}

bool Fiber::start(std::function<void()> body) {
  DUPLEX_ASSERT(ended_);
  ended_ = false;
  body_ = std::move(body);
  inside_ = context::make_fcontext(memory_ + bytes_, bytes_, &Fiber::enter);
  return switch_in();
}

bool Fiber::resume() {
  DUPLEX_ASSERT(!ended_);
  return switch_in();
}

bool Fiber::switch_in() {
#ifdef DUPLEX_FIBER_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_outside_, memory_, bytes_);
#endif
#ifdef DUPLEX_FIBER_TSAN
  thread_sanitizer_outside_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(thread_sanitizer_inside_, 0);
#endif
  const context::transfer_t back = context::jump_fcontext(inside_, this);
#ifdef DUPLEX_FIBER_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_outside_, nullptr, nullptr);
#endif
  inside_ = back.fctx;
  return ended_;
}

void Fiber::arrive(context::transfer_t from) {
#ifdef DUPLEX_FIBER_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_inside_, &outside_bottom_, &outside_bytes_);
#endif
  outside_ = from.fctx;
}

void Fiber::suspend() {
#ifdef DUPLEX_FIBER_ASAN
  // The stack of a body that has ended is not looked at again.
  __sanitizer_start_switch_fiber(
      ended_ ? nullptr : &fake_stack_inside_, outside_bottom_, outside_bytes_);
#endif
#ifdef DUPLEX_FIBER_TSAN
  __tsan_switch_to_fiber(thread_sanitizer_outside_, 0);
#endif
  arrive(context::jump_fcontext(outside_, this));
}

void Fiber::enter(context::transfer_t from) {
  auto& fiber = *static_cast<Fiber*>(from.data);
  fiber.arrive(from);
  fiber.body_();
  fiber.ended_ = true;
  fiber.suspend();
}

}  // namespace duplex::base
