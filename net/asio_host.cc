// How the epoll descriptor of Asio's reactor is found.
#include "net/asio_host.h"

#include <boost/asio/detail/epoll_reactor.hpp>

#include <memory>
#include <utility>

namespace duplex::net {

namespace {

using boost::asio::detail::epoll_reactor;

#if !defined(BOOST_ASIO_HAS_EPOLL) || defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#error "the loop watches the epoll descriptor of Asio's default reactor"
#endif

// Asio does not hand out the descriptor. An explicit instantiation may name a private member, which
// is the one way to it that needs no second thread; it depends on the member's name only.
int descriptor_of(epoll_reactor& reactor);

template <int epoll_reactor::*member>
struct Revealed {
  friend int descriptor_of(epoll_reactor& reactor) { return reactor.*member; }
};
template struct Revealed<&epoll_reactor::epoll_fd_>;

int reactor_descriptor(boost::asio::io_context& context) {
  auto& reactor = boost::asio::use_service<epoll_reactor>(context);
  reactor.init_task();
  return descriptor_of(reactor);
}

}  // namespace

AsioHost::AsioHost() : AsioHost(std::make_unique<boost::asio::io_context>(1)) {}

AsioHost::AsioHost(std::unique_ptr<boost::asio::io_context> context)
    : Watch(reactor_descriptor(*context), Mode::level),
      context_(std::move(context)),
      work_(context_->get_executor()) {}

}  // namespace duplex::net
