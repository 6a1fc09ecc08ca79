// Readiness, receiving and sending of the epoll back end.
#include "net/epoll_backend.h"

#include "base/assert.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace duplex::net {

namespace {

constexpr std::size_t input_bytes = 64 * 1024;
constexpr int events_per_wait = 512;
// Connections taken from a listener before others get their turn.
constexpr int accepts_per_pass = 64;

enum Kind : std::uint64_t { transferring = 1, accepting = 2, watching = 3 };
constexpr std::uint64_t kind_mask = 7;

epoll_event event_for(const void* object, Kind kind, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = reinterpret_cast<std::uintptr_t>(object) | kind;
  return event;
}

template <typename T>
T& object_of(std::uint64_t data) {
  return *reinterpret_cast<T*>(data & ~kind_mask);
}

}  // namespace

std::expected<std::unique_ptr<Backend>, int> EpollBackend::create() {
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return std::unexpected(errno);
  return std::unique_ptr<Backend>(new EpollBackend(std::move(epoll)));
}

EpollBackend::EpollBackend(Descriptor epoll)
    : epoll_(std::move(epoll)), input_(std::make_unique_for_overwrite<char[]>(input_bytes)) {}

void EpollBackend::register_interest(Transfer& transfer) {
  std::uint32_t events = 0;
  if (transfer.receive_wanted) events |= EPOLLIN;
  if (transfer.sending == Transfer::Sending::waiting) events |= EPOLLOUT;
  if (events == transfer.epoll_events) return;
  int operation = EPOLL_CTL_MOD;
  if (transfer.epoll_events == 0) operation = EPOLL_CTL_ADD;
  if (events == 0) operation = EPOLL_CTL_DEL;
  epoll_event event = event_for(&transfer, transferring, events);
  if (::epoll_ctl(epoll_.fd(), operation, transfer.fd, &event) != 0) {
    // Out of memory or of watches (fs.epoll.max_user_watches).
    transfer.failed(errno);
    return;
  }
  transfer.epoll_events = events;
}

void EpollBackend::receive(Transfer& transfer) {
  transfer.receive_wanted = true;
  register_interest(transfer);
}

void EpollBackend::stop_receiving(Transfer& transfer) {
  transfer.receive_wanted = false;
  register_interest(transfer);
}

void EpollBackend::send(Transfer& transfer) {
  DUPLEX_DCHECK(transfer.sending == Transfer::Sending::none);
  std::array<iovec, send_segments_max> segments;
  const auto gathered = transfer.output.gather(segments, send_bytes_max);
  msghdr header{};
  header.msg_iov = segments.data();
  header.msg_iovlen = gathered.segments;
  ++sends_in_pass_;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(transfer.fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno != EAGAIN) {
    transfer.failed(errno);
    return;
  }
  const std::size_t bytes = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  transfer.congested = bytes < gathered.bytes;
  if (transfer.congested) transfer.sending = Transfer::Sending::waiting;
  register_interest(transfer);
  transfer.sent(bytes);
}

void EpollBackend::abandon(Transfer& transfer) {
  transfer.receive_wanted = false;
  transfer.sending = Transfer::Sending::none;
  register_interest(transfer);
}

void EpollBackend::accept(AcceptSource& source) {
  source.accept_wanted = true;
  if (source.accept_armed) return;
  // A connection may be gone again when we ask for it.
  ::fcntl(source.fd, F_SETFL, ::fcntl(source.fd, F_GETFL) | O_NONBLOCK);
  epoll_event event = event_for(&source, accepting, EPOLLIN);
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, source.fd, &event) != 0) {
    source.accept_wanted = false;
    source.accept_failed(errno);
    return;
  }
  source.accept_armed = true;
}

void EpollBackend::stop_accepting(AcceptSource& source) {
  source.accept_wanted = false;
  if (!source.accept_armed) return;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, source.fd, nullptr);
  source.accept_armed = false;
}

void EpollBackend::watch(Watch& watch) {
  const std::uint32_t events = watch.mode == Watch::Mode::edge ? EPOLLIN | EPOLLET : EPOLLIN;
  epoll_event event = event_for(&watch, watching, events);
  const int result = ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, watch.fd, &event);
  DUPLEX_ASSERT(result == 0);
}

void EpollBackend::wait(bool may_block) {
  sends_in_pass_ = 0;
  std::array<epoll_event, events_per_wait> events;
  const int ready = ::epoll_wait(epoll_.fd(), events.data(), events_per_wait, may_block ? -1 : 0);
  DUPLEX_ASSERT(ready >= 0 || errno == EINTR);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    switch (event.data.u64 & kind_mask) {
      case transferring:
        transfer_ready(object_of<Transfer>(event.data.u64), event.events);
        break;
      case accepting:
        source_ready(object_of<AcceptSource>(event.data.u64));
        break;
      default:
        object_of<Watch>(event.data.u64).ready();
        break;
    }
  }
}

void EpollBackend::transfer_ready(Transfer& transfer, unsigned events) {
  // An earlier event of the same wait may have ended our interest.
  if (transfer.receive_wanted && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
    read_from(transfer);
  if (transfer.sending == Transfer::Sending::waiting &&
      (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    transfer.sending = Transfer::Sending::none;
    transfer.congested = false;
    register_interest(transfer);
    transfer.sent(0);
  }
}

void EpollBackend::read_from(Transfer& transfer) {
  const ssize_t bytes = ::recv(transfer.fd, input_.get(), input_bytes, MSG_DONTWAIT);
  if (bytes > 0) {
    transfer.received({input_.get(), static_cast<std::size_t>(bytes)});
    return;
  }
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const int error = bytes < 0 ? errno : 0;
  stop_receiving(transfer);
  if (error == 0)
    transfer.input_ended();
  else
    transfer.failed(error);
}

void EpollBackend::source_ready(AcceptSource& source) {
  for (int i = 0; i < accepts_per_pass && source.accept_wanted; ++i) {
    const int connected = ::accept4(source.fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (connected >= 0) {
      source.accepted(connected);
      continue;
    }
    const int error = errno;
    if (error == EAGAIN) return;
    if (is_passing_accept_error(error)) continue;
    stop_accepting(source);
    source.accept_failed(error);
  }
}

}  // namespace duplex::net
