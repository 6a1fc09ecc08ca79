// The io_uring of the load generator: multishot receives into shared buffers, sends in batches.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::load {

// One ring with one pool of receive buffers.
// A send that succeeds reports nothing: its bytes may be reused once the reply to them has come.
// Thread:    confined to the thread that made it.
// Lifetime:  outlives the sends in flight; sockets must outlive the ring.
class Ring {
 public:
  struct Limits {
    unsigned buffers;  // a power of two, at most 32768
    unsigned buffer_bytes;
  };
  // What one wait can bring. `bytes` is valid until the next call of wait().
  struct Event {
    enum class Kind { received, closed, failed, tick };
    Kind kind;
    std::uint32_t socket;
    std::string_view bytes;
    int error;  // an errno, when failed
  };

  static std::expected<std::unique_ptr<Ring>, std::string> create(Limits limits);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  // Keeps receiving from `fd`; its events carry `socket`.
  void receive(int fd, std::uint32_t socket);
  // Queues a send. Requires: `bytes` stay in place until they were answered.
  void send(int fd, std::uint32_t socket, std::string_view bytes);
  // Asks for a tick event a second from now.
  void tick();

  // Submits what was queued and waits for at least one completion; then calls on_event(Event) for
  // everything that has come. Returns false if the wait itself failed.
  template <typename OnEvent>
  bool wait(OnEvent&& on_event) {
    const int submitted = io_uring_submit_and_wait(&ring_, 1);
    if (submitted < 0 && submitted != -EINTR && submitted != -EBUSY) return false;
    take_in(on_event);
    return true;
  }
  // The same, but waits at most `ns`, and calls on_wake() before the events, also if none has come.
  template <typename OnEvent, typename OnWake>
  bool wait_for(std::uint64_t ns, OnEvent&& on_event, OnWake&& on_wake) {
    __kernel_timespec limit{.tv_sec = static_cast<std::int64_t>(ns / 1'000'000'000),
                            .tv_nsec = static_cast<long long>(ns % 1'000'000'000)};
    io_uring_cqe* first = nullptr;
    const int submitted = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
    if (submitted < 0 && submitted != -EINTR && submitted != -EBUSY && submitted != -ETIME)
      return false;
    on_wake();
    take_in(on_event);
    return true;
  }

 private:
  enum class Tag : std::uint64_t { receive, send, tick };

  template <typename OnEvent>
  void take_in(OnEvent& on_event) {
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++seen;
      dispatch(*cqe, on_event);
    }
    io_uring_cq_advance(&ring_, seen);
    return_buffers();
  }

  explicit Ring(Limits limits) : limits_(limits) {}
  std::string open();
  io_uring_sqe* next_sqe(Tag tag, std::uint32_t socket);
  void return_buffers();
  std::string_view buffer(unsigned id, int bytes) const {
    return {memory_ + std::size_t{id} * limits_.buffer_bytes, static_cast<std::size_t>(bytes)};
  }

  template <typename OnEvent>
  void dispatch(const io_uring_cqe& cqe, OnEvent& on_event) {
    const auto tag = static_cast<Tag>(cqe.user_data >> 32);
    const auto socket = static_cast<std::uint32_t>(cqe.user_data);
    if (tag == Tag::tick) return on_event(Event{Event::Kind::tick, socket, {}, 0});
    if (tag == Tag::send) {
      // With MSG_WAITALL and CQE_SKIP_SUCCESS only a failure gets here.
      const int error = cqe.res < 0 ? -cqe.res : EPIPE;
      return on_event(Event{Event::Kind::failed, socket, {}, error});
    }
    if (cqe.res > 0) {
      const unsigned id = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
      used_buffers_.push_back(static_cast<std::uint16_t>(id));
      on_event(Event{Event::Kind::received, socket, buffer(id, cqe.res), 0});
    } else if (cqe.res == 0) {
      return on_event(Event{Event::Kind::closed, socket, {}, 0});
    } else if (cqe.res != -ENOBUFS) {
      return on_event(Event{Event::Kind::failed, socket, {}, -cqe.res});
    }
    // A burst may empty the pool; the receive then ends and starts again.
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) stopped_.push_back(socket);
  }

  Limits limits_;
  io_uring ring_{};
  bool ring_open_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  char* memory_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::vector<int> fds_;                     // of the receives, by socket
  std::vector<std::uint16_t> used_buffers_;  // in this wait
  std::vector<std::uint32_t> stopped_;       // receives to start again
};

}  // namespace duplex::load
