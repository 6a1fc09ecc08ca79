// The back end over epoll, for kernels and sandboxes that refuse io_uring.
#pragma once

#include "net/backend.h"
#include "net/descriptor.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

namespace duplex::net {

// One call per receive and per send; level-triggered, one receive buffer for all sockets. A socket
// in which nobody is interested at the moment is not registered at all, because epoll would
// report its hang-up for ever.
class EpollBackend final : public Backend {
 public:
  // The error is an errno.
  static std::expected<std::unique_ptr<Backend>, int> create();

  std::string_view name() const override { return "epoll"; }
  void start() override {}
  void receive(Transfer& transfer) override;
  void stop_receiving(Transfer& transfer) override;
  void send(Transfer& transfer) override;
  std::size_t sends_left() const override { return sends_per_submit_max - sends_in_pass_; }
  void abandon(Transfer& transfer) override;
  void accept(AcceptSource& source) override;
  void stop_accepting(AcceptSource& source) override;
  void watch(Watch& watch) override;
  void wait(bool may_block) override;

 private:
  explicit EpollBackend(Descriptor epoll);

  // Registers exactly what the transfer's state asks for.
  void register_interest(Transfer& transfer);
  void transfer_ready(Transfer& transfer, unsigned events);
  void read_from(Transfer& transfer);
  void source_ready(AcceptSource& source);

  Descriptor epoll_;
  std::unique_ptr<char[]> input_;
  std::size_t sends_in_pass_ = 0;
};

}  // namespace duplex::net
