// Ring setup with fallbacks for older kernels, and the buffer pool.
#include "net/uring_ring.h"

#include "base/assert.h"
#include "net/descriptor.h"

#include <cerrno>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace duplex::net {

namespace {

constexpr unsigned needed_features =
    IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_CQE_SKIP;

constexpr std::size_t page_bytes = 4096;

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

// Best first: completions are only posted while we wait (6.1), then without interrupts to a running
// thread (5.19), then whatever the kernel does.
constexpr unsigned flag_sets[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

// Errors after which the same call may simply be made again.
bool is_passing(int error) {
  return error == EINTR || error == EAGAIN || error == EBUSY || error == ETIME;
}

io_uring_cqe next_completion(UringRing& ring) {
  io_uring_cqe* completion = nullptr;
  while (io_uring_peek_cqe(&ring.raw(), &completion) != 0)
    ring.submit(true);
  const io_uring_cqe copy{
      .user_data = completion->user_data, .res = completion->res, .flags = completion->flags};
  io_uring_cqe_seen(&ring.raw(), completion);
  return copy;
}

}  // namespace

std::expected<std::unique_ptr<UringRing>, int> UringRing::create(const UringSizes& sizes) {
  std::unique_ptr<UringRing> ring(new UringRing(sizes));
  if (const int error = ring->set_up(); error != 0) return std::unexpected(error);
  if (const int error = ring->set_up_buffers(); error != 0) return std::unexpected(error);
  return ring;
}

UringRing::~UringRing() {
  if (ring_open_) io_uring_queue_exit(&ring_);
  if (buffer_ring_ != nullptr) ::munmap(buffer_ring_, mapped_bytes_);
}

int UringRing::set_up() {
  int result = -EINVAL;
  io_uring_params params{};
  for (const unsigned flags : flag_sets) {
    params = {};
    // Disabled until start(), because the thread that enables the ring becomes its only issuer.
    params.flags = flags | IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    params.cq_entries = sizes_.completions;
    result = io_uring_queue_init_params(sizes_.submissions, &ring_, &params);
    if (result != -EINVAL) break;
  }
  if (result < 0) return -result;
  ring_open_ = true;
  return (params.features & needed_features) == needed_features ? 0 : EOPNOTSUPP;
}

int UringRing::set_up_buffers() {
  const std::size_t ring_bytes = whole_pages(sizes_.buffers * sizeof(io_uring_buf));
  mapped_bytes_ = ring_bytes + std::size_t{sizes_.buffers} * sizes_.buffer_bytes;
  void* memory =
      ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return errno;
  buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
  buffers_ = static_cast<char*>(memory) + ring_bytes;

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_);
  registration.ring_entries = sizes_.buffers;
  registration.bgid = buffer_group;
  if (const int result = io_uring_register_buf_ring(&ring_, &registration, 0); result < 0)
    return -result;
  io_uring_buf_ring_init(buffer_ring_);
  for (unsigned id = 0; id < sizes_.buffers; ++id)
    give_back(id);
  publish_buffers();
  return 0;
}

void UringRing::start() {
  // liburing 2.3 declares io_uring_enable_rings() but does not export it.
  const long result =
      ::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  DUPLEX_ASSERT(result == 0);
  // Saves a look-up of the descriptor on every call. A kernel that cannot is as good.
  io_uring_register_ring_fd(&ring_);
}

io_uring_sqe& UringRing::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    const int result = io_uring_submit(&ring_);
    DUPLEX_ASSERT(result >= 0 || is_passing(-result));
    entry = io_uring_get_sqe(&ring_);
  }
  return *entry;
}

void UringRing::submit(bool wait_for_one) {
  int result =
      wait_for_one ? io_uring_submit_and_wait(&ring_, 1) : io_uring_submit_and_get_events(&ring_);
  DUPLEX_ASSERT(result >= 0 || is_passing(-result));
  // Whoever waits for sends to be finished relies on it that nothing stays behind.
  while (io_uring_sq_ready(&ring_) != 0) {
    result = io_uring_submit(&ring_);
    DUPLEX_ASSERT(result >= 0 || is_passing(-result));
  }
}

bool UringRing::fetch_overflow() {
  if (!io_uring_cq_has_overflow(&ring_)) return false;
  io_uring_get_events(&ring_);
  return true;
}

void UringRing::give_back(unsigned id) {
  io_uring_buf_ring_add(buffer_ring_,
                        buffers_ + std::size_t{id} * sizes_.buffer_bytes,
                        sizes_.buffer_bytes,
                        static_cast<std::uint16_t>(id),
                        io_uring_buf_ring_mask(sizes_.buffers),
                        returned_++);
}

void UringRing::publish_buffers() {
  if (returned_ == 0) return;
  io_uring_buf_ring_advance(buffer_ring_, returned_);
  returned_ = 0;
}

int probe_uring() {
  auto ring =
      UringRing::create({.submissions = 8, .completions = 16, .buffers = 8, .buffer_bytes = 64});
  if (!ring) return ring.error();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  if (::write(writer.fd(), "x", 1) != 1) return errno;

  (*ring)->start();
  io_uring_sqe& entry = (*ring)->next_entry();
  io_uring_prep_recv_multishot(&entry, reader.fd(), nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = UringRing::buffer_group;
  const io_uring_cqe data = next_completion(**ring);
  if (data.res < 0) return -data.res;
  const unsigned expected_flags = IORING_CQE_F_BUFFER | IORING_CQE_F_MORE;
  if (data.res != 1 || (data.flags & expected_flags) != expected_flags) return EOPNOTSUPP;
  // Ends the request. A ring that goes with work under way interrupts this thread's next call.
  writer.close();
  return next_completion(**ring).res == 0 ? 0 : EOPNOTSUPP;
}

}  // namespace duplex::net
