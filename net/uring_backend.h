// The back end over io_uring: multishot accept and receive, and all sends of a pass in one call.
#pragma once

#include "net/backend.h"
#include "net/uring_ring.h"

#include <array>
#include <deque>
#include <expected>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <sys/uio.h>
#include <vector>

namespace duplex::net {

// Sends are tried within the submit itself (MSG_DONTWAIT) and post a completion only when they are
// short (CQE_SKIP_SUCCESS with MSG_WAITALL), so that a loop is not woken by its own replies. A send
// without a completion is therefore finished when all completions of its submit have been seen.
// What did not fit is sealed and sent again with leave to wait, which always posts a completion.
//
// A completion carries the address of its object with the kind of work in the low bits. Objects
// stay allocated while under_way > 0, so that a late completion never meets freed memory.
class UringBackend final : public Backend {
 public:
  // The error is an errno.
  static std::expected<std::unique_ptr<Backend>, int> create(const UringSizes& sizes = {});

  std::string_view name() const override { return "io_uring"; }
  void start() override { ring_->start(); }
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
  // What a gathered send points to; the kernel is done with it when the submit returns.
  struct Message {
    msghdr header;
    std::array<iovec, send_segments_max> segments;
  };

  explicit UringBackend(std::unique_ptr<UringRing> ring) : ring_(std::move(ring)) {}

  void arm_receive(Transfer& transfer);
  void arm_accept(AcceptSource& source);
  void cancel(std::uint64_t user_data);
  void dispatch(const io_uring_cqe& completion);
  void complete_receive(Transfer& transfer, const io_uring_cqe& completion);
  void complete_send(Transfer& transfer, int result);
  void complete_accept(AcceptSource& source, const io_uring_cqe& completion);
  void complete_watch(Watch& watch, const io_uring_cqe& completion);
  void finish_sends();

  std::unique_ptr<UringRing> ring_;
  std::vector<Transfer*> at_once_;  // sends of this pass that post only failures
  std::deque<Message> messages_;
  std::size_t messages_used_ = 0;
  std::size_t sends_in_pass_ = 0;
  bool completion_wanted_ = false;  // a send of this pass must not be slept upon
};

}  // namespace duplex::net
