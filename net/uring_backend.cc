// Submissions and completions of the io_uring back end.
#include "net/uring_backend.h"

#include "base/assert.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <poll.h>

namespace duplex::net {

namespace {

enum Kind : std::uint64_t { ignored = 0, receiving = 1, sending = 2, accepting = 3, watching = 4 };
constexpr std::uint64_t kind_mask = 7;

std::uint64_t tagged(const void* object, Kind kind) {
  const auto address = reinterpret_cast<std::uintptr_t>(object);
  DUPLEX_DCHECK((address & kind_mask) == 0);
  return address | kind;
}

template <typename T>
T& object_of(std::uint64_t user_data) {
  return *reinterpret_cast<T*>(user_data & ~kind_mask);
}

}  // namespace

std::expected<std::unique_ptr<Backend>, int> UringBackend::create(const UringSizes& sizes) {
  if (const int error = probe_uring(); error != 0) return std::unexpected(error);
  auto ring = UringRing::create(sizes);
  if (!ring) return std::unexpected(ring.error());
  return std::unique_ptr<Backend>(new UringBackend(std::move(*ring)));
}

void UringBackend::receive(Transfer& transfer) {
  transfer.receive_wanted = true;
  if (!transfer.receive_armed) arm_receive(transfer);
}

void UringBackend::arm_receive(Transfer& transfer) {
  io_uring_sqe& entry = ring_->next_entry();
  io_uring_prep_recv_multishot(&entry, transfer.fd, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = UringRing::buffer_group;
  entry.user_data = tagged(&transfer, receiving);
  transfer.receive_armed = true;
  ++transfer.under_way;
}

void UringBackend::stop_receiving(Transfer& transfer) {
  transfer.receive_wanted = false;
  if (transfer.receive_armed) cancel(tagged(&transfer, receiving));
}

void UringBackend::send(Transfer& transfer) {
  DUPLEX_DCHECK(transfer.sending == Transfer::Sending::none);
  if (transfer.congested) transfer.output.seal();
  std::array<iovec, send_segments_max> segments;
  const auto gathered = transfer.output.gather(segments, send_bytes_max);
  int flags = MSG_NOSIGNAL | MSG_WAITALL;
  if (!transfer.congested) flags |= MSG_DONTWAIT;

  io_uring_sqe& entry = ring_->next_entry();
  if (gathered.segments == 1) {
    io_uring_prep_send(&entry, transfer.fd, segments[0].iov_base, segments[0].iov_len, flags);
  } else {
    if (messages_used_ == messages_.size()) messages_.emplace_back();
    Message& message = messages_[messages_used_++];
    std::copy_n(segments.begin(), gathered.segments, message.segments.begin());
    message.header = {};
    message.header.msg_iov = message.segments.data();
    message.header.msg_iovlen = gathered.segments;
    io_uring_prep_sendmsg(&entry, transfer.fd, &message.header, static_cast<unsigned>(flags));
  }
  entry.user_data = tagged(&transfer, sending);
  transfer.sending_bytes = gathered.bytes;
  ++sends_in_pass_;
  if (transfer.congested) {
    transfer.sending = Transfer::Sending::waiting;
    ++transfer.under_way;
    return;
  }
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  transfer.sending = Transfer::Sending::at_once;
  at_once_.push_back(&transfer);
  if (transfer.completion_wanted || gathered.bytes < transfer.output.size())
    completion_wanted_ = true;
}

void UringBackend::abandon(Transfer& transfer) {
  stop_receiving(transfer);
  if (transfer.sending == Transfer::Sending::waiting) cancel(tagged(&transfer, sending));
}

void UringBackend::accept(AcceptSource& source) {
  source.accept_wanted = true;
  if (!source.accept_armed) arm_accept(source);
}

void UringBackend::arm_accept(AcceptSource& source) {
  io_uring_sqe& entry = ring_->next_entry();
  io_uring_prep_multishot_accept(&entry, source.fd, nullptr, nullptr, SOCK_CLOEXEC);
  entry.user_data = tagged(&source, accepting);
  source.accept_armed = true;
  ++source.under_way;
}

void UringBackend::stop_accepting(AcceptSource& source) {
  source.accept_wanted = false;
  if (source.accept_armed) cancel(tagged(&source, accepting));
}

void UringBackend::cancel(std::uint64_t user_data) {
  io_uring_sqe& entry = ring_->next_entry();
  io_uring_prep_cancel64(&entry, user_data, 0);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = ignored;
}

void UringBackend::watch(Watch& watch) {
  io_uring_sqe& entry = ring_->next_entry();
  // A multishot poll reports each event once. A single one looks at the state when it is armed, so
  // arming it again after each report is what level-triggered means.
  if (watch.mode == Watch::Mode::edge)
    io_uring_prep_poll_multishot(&entry, watch.fd, POLLIN);
  else
    io_uring_prep_poll_add(&entry, watch.fd, POLLIN);
  entry.user_data = tagged(&watch, watching);
}

void UringBackend::wait(bool may_block) {
  ring_->submit(may_block && !completion_wanted_);
  completion_wanted_ = false;
  sends_in_pass_ = 0;
  do {
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_->raw(), head, completion) {
      dispatch(*completion);
      ++seen;
    }
    io_uring_cq_advance(&ring_->raw(), seen);
    ring_->publish_buffers();
  } while (ring_->fetch_overflow());
  finish_sends();
}

void UringBackend::dispatch(const io_uring_cqe& completion) {
  const std::uint64_t user_data = completion.user_data;
  switch (user_data & kind_mask) {
    case receiving:
      complete_receive(object_of<Transfer>(user_data), completion);
      break;
    case sending:
      complete_send(object_of<Transfer>(user_data), completion.res);
      break;
    case accepting:
      complete_accept(object_of<AcceptSource>(user_data), completion);
      break;
    case watching:
      complete_watch(object_of<Watch>(user_data), completion);
      break;
    default:
      break;  // a cancellation that came too late
  }
}

void UringBackend::complete_receive(Transfer& transfer, const io_uring_cqe& completion) {
  const bool ends = (completion.flags & IORING_CQE_F_MORE) == 0;
  const int result = completion.res;
  if (ends) {
    transfer.receive_armed = false;
    --transfer.under_way;
  }
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    const unsigned id = completion.flags >> IORING_CQE_BUFFER_SHIFT;
    if (result > 0) transfer.received(ring_->buffer(id, static_cast<std::size_t>(result)));
    ring_->give_back(id);
  }
  if (result == 0) {
    transfer.receive_wanted = false;
    transfer.input_ended();
  } else if (result < 0 && result != -ENOBUFS && result != -ECANCELED && result != -EINTR &&
             result != -EAGAIN) {
    transfer.receive_wanted = false;
    transfer.failed(-result);
  }
  // Out of buffers, cancelled and wanted again, or ended for a reason of the kernel's: the new
  // request goes out with the next wait, when the buffers of this pass are back.
  if (ends && transfer.receive_wanted && !transfer.receive_armed) arm_receive(transfer);
}

void UringBackend::complete_send(Transfer& transfer, int result) {
  const bool waited = transfer.sending == Transfer::Sending::waiting;
  DUPLEX_ASSERT(transfer.sending != Transfer::Sending::none);
  transfer.sending = Transfer::Sending::none;
  if (waited) --transfer.under_way;
  if (result < 0 && result != -EAGAIN && result != -EINTR) {
    if (result != -ECANCELED) transfer.failed(-result);
    return;
  }
  const std::size_t bytes = result < 0 ? 0 : static_cast<std::size_t>(result);
  // A socket stays congested until a send that may wait has emptied the queue.
  transfer.congested = !waited || bytes < transfer.output.size();
  transfer.sent(bytes);
}

void UringBackend::complete_accept(AcceptSource& source, const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    source.accept_armed = false;
    --source.under_way;
  }
  if (completion.res >= 0) {
    source.accepted(completion.res);
  } else if (completion.res != -ECANCELED && !is_passing_accept_error(-completion.res)) {
    source.accept_wanted = false;
    source.accept_failed(-completion.res);
  }
  if (!source.accept_armed && source.accept_wanted) arm_accept(source);
}

void UringBackend::complete_watch(Watch& watched, const io_uring_cqe& completion) {
  watched.ready();
  if ((completion.flags & IORING_CQE_F_MORE) == 0) watch(watched);
}

void UringBackend::finish_sends() {
  for (Transfer* transfer : at_once_) {
    if (transfer->sending != Transfer::Sending::at_once) continue;  // reported as short
    transfer->sending = Transfer::Sending::none;
    transfer->sent(transfer->sending_bytes);
  }
  at_once_.clear();
  messages_used_ = 0;
}

}  // namespace duplex::net
