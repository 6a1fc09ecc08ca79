// The choice of a back end.
#include "net/backend.h"

#include "base/text.h"
#include "net/epoll_backend.h"
#include "net/uring_backend.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace duplex::net {

bool is_passing_accept_error(int error) {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    // Errors of the new connection that Linux passes on.
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

std::optional<BackendChoice> parse_backend_choice(std::string_view text) {
  if (base::equals_ignoring_case(text, "auto")) return BackendChoice::automatic;
  if (base::equals_ignoring_case(text, "uring")) return BackendChoice::uring;
  if (base::equals_ignoring_case(text, "epoll")) return BackendChoice::epoll;
  return std::nullopt;
}

ChosenBackend choose_backend(BackendChoice choice) {
  std::string reason = "using epoll, as io-backend asks for";
  if (choice != BackendChoice::epoll) {
    auto uring = UringBackend::create();
    if (uring) return {std::move(*uring), "using io_uring"};
    reason = fmt::format("io_uring refused: {}", std::strerror(uring.error()));
    if (choice == BackendChoice::uring) return {nullptr, reason};
    reason += ", using epoll";
  }
  auto epoll = EpollBackend::create();
  if (!epoll) return {nullptr, fmt::format("epoll refused: {}", std::strerror(epoll.error()))};
  return {std::move(*epoll), reason};
}

}  // namespace duplex::net
