// An io_uring with its pool of receive buffers: setup, room for submissions, buffers in and out.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>

namespace duplex::net {

// The sizes of a ring. Buffers are shared by all sockets of a loop and are back in the pool when a
// handler returns; when more sockets are readable at once than there are buffers, the rest is armed
// again (ENOBUFS) and read in the next pass.
struct UringSizes {
  unsigned submissions = 1024;
  unsigned completions = 16384;
  unsigned buffers = 64;  // a power of two
  unsigned buffer_bytes = 16 * 1024;
};

// Thread: may be made on any thread; everything from start() on is confined to the loop's.
class UringRing {
 public:
  // The error is an errno: EPERM and ENOSYS where io_uring is forbidden or missing, EINVAL and
  // EOPNOTSUPP where the kernel lacks something this server needs.
  static std::expected<std::unique_ptr<UringRing>, int> create(const UringSizes& sizes);
  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  // Makes the calling thread the only one that may submit.
  void start();

  io_uring& raw() { return ring_; }
  // A cleared submission entry. Submits what is queued when there is no room.
  io_uring_sqe& next_entry();
  // Submits everything queued; with wait_for_one, sleeps until at least one completion is there.
  void submit(bool wait_for_one);
  // Fetches completions that found no room in the ring. False when there were none.
  bool fetch_overflow();

  static constexpr std::uint16_t buffer_group = 0;
  std::span<const char> buffer(unsigned id, std::size_t bytes) const {
    return {buffers_ + std::size_t{id} * sizes_.buffer_bytes, bytes};
  }
  // Puts a buffer back; the kernel sees it after publish_buffers().
  void give_back(unsigned id);
  void publish_buffers();

 private:
  explicit UringRing(const UringSizes& sizes) : sizes_(sizes) {}
  int set_up();
  int set_up_buffers();

  const UringSizes sizes_;
  io_uring ring_{};
  bool ring_open_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;  // one mapping: the ring, then the buffers
  std::size_t mapped_bytes_ = 0;
  char* buffers_ = nullptr;
  int returned_ = 0;  // buffers given back but not published
};

// Tries what the server needs (multishot receive into provided buffers) on a small ring of its own.
// Returns 0 or an errno.
int probe_uring();

}  // namespace duplex::net
