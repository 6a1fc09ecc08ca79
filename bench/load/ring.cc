// Sets the ring up and fills its submission queue.
#include "bench/load/ring.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/socket.h>

namespace duplex::load {
namespace {

constexpr unsigned submission_entries = 4096;
constexpr unsigned completion_entries = 32768;
constexpr int buffer_group = 0;
constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

__kernel_timespec one_second = {.tv_sec = 1, .tv_nsec = 0};

std::string failed(std::string_view what, int error) {
  return fmt::format("{}: {}", what, std::strerror(error));
}

}  // namespace

std::expected<std::unique_ptr<Ring>, std::string> Ring::create(Limits limits) {
  std::unique_ptr<Ring> ring(new Ring(limits));
  if (std::string error = ring->open(); !error.empty()) return std::unexpected(std::move(error));
  return ring;
}

std::string Ring::open() {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE;
  params.cq_entries = completion_entries;
  if (const int status = io_uring_queue_init_params(submission_entries, &ring_, &params);
      status < 0) {
    return failed("io_uring_queue_init", -status);
  }
  ring_open_ = true;

  // The ring of descriptors and the buffers share one mapping; huge pages save the client TLB
  // misses.
  const std::size_t descriptor_bytes = limits_.buffers * sizeof(io_uring_buf);
  const std::size_t buffer_bytes = std::size_t{limits_.buffers} * limits_.buffer_bytes;
  mapped_bytes_ = buffer_bytes + descriptor_bytes;
  void* mapped =
      mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return failed("mmap", errno);
  if (mapped_bytes_ >= huge_page_bytes) madvise(mapped, mapped_bytes_, MADV_HUGEPAGE);
  memory_ = static_cast<char*>(mapped);
  buffer_ring_ = reinterpret_cast<io_uring_buf_ring*>(memory_ + buffer_bytes);

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_);
  registration.ring_entries = limits_.buffers;
  registration.bgid = buffer_group;
  if (const int status = io_uring_register_buf_ring(&ring_, &registration, 0); status < 0) {
    return failed("io_uring_register_buf_ring", -status);
  }
  io_uring_buf_ring_init(buffer_ring_);
  for (unsigned id = 0; id < limits_.buffers; ++id) {
    used_buffers_.push_back(static_cast<std::uint16_t>(id));
  }
  return_buffers();
  return {};
}

Ring::~Ring() {
  if (ring_open_) io_uring_queue_exit(&ring_);
  if (memory_ != nullptr) munmap(memory_, mapped_bytes_);
}

io_uring_sqe* Ring::next_sqe(Tag tag, std::uint32_t socket) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  // The prep functions of liburing 2.3 leave user_data alone.
  sqe->user_data = static_cast<std::uint64_t>(tag) << 32 | socket;
  return sqe;
}

void Ring::receive(int fd, std::uint32_t socket) {
  if (fds_.size() <= socket) fds_.resize(std::size_t{socket} + 1);
  fds_[socket] = fd;
  io_uring_sqe* sqe = next_sqe(Tag::receive, socket);
  io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = buffer_group;
}

void Ring::send(int fd, std::uint32_t socket, std::string_view bytes) {
  io_uring_sqe* sqe = next_sqe(Tag::send, socket);
  io_uring_prep_send(sqe, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::tick() {
  io_uring_sqe* sqe = next_sqe(Tag::tick, 0);
  io_uring_prep_timeout(sqe, &one_second, 0, 0);
}

void Ring::return_buffers() {
  const int mask = io_uring_buf_ring_mask(limits_.buffers);
  int offset = 0;
  for (const std::uint16_t id : used_buffers_) {
    io_uring_buf_ring_add(buffer_ring_,
                          memory_ + std::size_t{id} * limits_.buffer_bytes,
                          limits_.buffer_bytes,
                          id,
                          mask,
                          offset++);
  }
  io_uring_buf_ring_advance(buffer_ring_, offset);
  used_buffers_.clear();
  for (const std::uint32_t socket : stopped_)
    receive(fds_[socket], socket);
  stopped_.clear();
}

}  // namespace duplex::load
