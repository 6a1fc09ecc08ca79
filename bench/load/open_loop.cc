// Runs the open loop.
#include "bench/load/open_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstring>
#include <sys/prctl.h>
#include <utility>

namespace duplex::load {
namespace {

constexpr std::uint64_t stall_ns = 10'000'000'000;
constexpr std::uint64_t buffer_bytes_least = 16384;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) {
  stop_requested = 1;
}

std::uint64_t to_ns(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

Ring::Limits buffers_for(const Options& options) {
  return {.buffers = static_cast<unsigned>(
              std::bit_ceil(std::clamp<std::uint64_t>(options.connections + 16, 64, 4096))),
          .buffer_bytes = static_cast<unsigned>(std::bit_ceil(
              std::clamp<std::uint64_t>(options.value_bytes * 2, buffer_bytes_least, 65536)))};
}

}  // namespace

std::expected<std::unique_ptr<OpenLoop>, std::string> OpenLoop::create(const Options& options) {
  auto workload = Workload::create(options);
  if (!workload) return std::unexpected(workload.error());
  std::unique_ptr<OpenLoop> loop(new OpenLoop(options, std::move(*workload)));
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    auto socket = Socket::connect(options.host, options.port);
    if (!socket) return std::unexpected(socket.error());
    loop->connections_.emplace_back(std::move(*socket));
  }
  auto ring = Ring::create(buffers_for(options));
  if (!ring) return std::unexpected(ring.error());
  loop->ring_ = std::move(*ring);
  return loop;
}

OpenLoop::OpenLoop(const Options& options, Workload workload)
    : options_(options), workload_(std::move(workload)) {
  connections_.reserve(options.connections);
}

std::expected<Measurement, std::string> OpenLoop::run() {
  struct sigaction action{};
  action.sa_handler = request_stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // The kernel rounds the ends of waits up to 50 us otherwise.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  for (std::uint32_t i = 0; i < connections_.size(); ++i)
    ring_->receive(connections_[i].socket.fd(), i);
  start_ns_ = last_reply_ns_ = now_ns_ = now_ns();
  if (options_.warmup_seconds == 0) begin_window();
  while (failure_.empty() && !(stopping_ && answered_ == issued_)) {
    issue_due();
    send_ready();
    const std::uint64_t until_ns = stopping_ ? now_ns_ + stall_ns : due_ns(issued_);
    const std::uint64_t before_ns = now_ns();
    const bool waited = ring_->wait_for(
        until_ns > before_ns ? until_ns - before_ns : 0,
        [this](const Ring::Event& event) { on_event(event); },
        [this] { now_ns_ = now_ns(); });
    if (!waited) return std::unexpected("io_uring_enter failed");
    observe_window();
    if (issued_ != answered_ && now_ns_ - last_reply_ns_ > stall_ns)
      failure_ = fmt::format("no reply for 10 s, {} outstanding", issued_ - answered_);
  }
  if (!failure_.empty()) return std::unexpected(failure_);
  return finish();
}

std::uint64_t OpenLoop::due_ns(std::uint64_t request) const {
  return start_ns_ + static_cast<std::uint64_t>(static_cast<double>(request) * 1e9 / options_.rate);
}

void OpenLoop::issue_due() {
  while (!stopping_ && due_ns(issued_) <= now_ns_) {
    const auto index = static_cast<std::uint32_t>(issued_ % connections_.size());
    Connection& connection = connections_[index];
    connection.waiting.push_back(due_ns(issued_));
    ++issued_;
    if (connection.in_flight.empty()) list(index);
  }
}

void OpenLoop::list(std::uint32_t index) {
  if (std::exchange(connections_[index].is_listed, true)) return;
  ready_.push_back(index);
}

void OpenLoop::send_ready() {
  for (const std::uint32_t index : ready_) {
    Connection& connection = connections_[index];
    connection.is_listed = false;
    connection.answered = 0;
    std::swap(connection.in_flight, connection.waiting);
    const std::size_t count = connection.in_flight.size();
    // A batch of the same length is only patched.
    if (std::exchange(connection.composed, count) != count) connection.batch.clear();
    workload_.compose(connection.batch, count);
    ring_->send(connection.socket.fd(), index, connection.batch);
  }
  ready_.clear();
}

void OpenLoop::observe_window() {
  const std::uint64_t elapsed = now_ns_ - start_ns_;
  if (!measuring_ && !stopping_ && elapsed >= to_ns(options_.warmup_seconds)) begin_window();
  const bool is_over = options_.requests == 0 ? now_ns_ - window_ns_ >= to_ns(options_.seconds)
                                              : issued_ >= options_.requests;
  if (measuring_ && !stopping_ && (is_over || stop_requested != 0)) stopping_ = true;
}

void OpenLoop::begin_window() {
  answered_before_window_ = answered_;
  window_ns_ = now_ns_;
  measured_.begin = Instant::read(options_.server_pid);
  measuring_ = true;
}

void OpenLoop::on_event(const Ring::Event& event) {
  switch (event.kind) {
    case Ring::Event::Kind::received:
      return on_bytes(event.socket, event.bytes);
    case Ring::Event::Kind::closed:
      failure_ = "the server closed a connection";
      return;
    case Ring::Event::Kind::failed:
      failure_ = fmt::format("connection failed: {}", std::strerror(event.error));
      return;
    case Ring::Event::Kind::tick:
      return;
  }
}

void OpenLoop::on_bytes(std::uint32_t index, std::string_view bytes) {
  Connection& connection = connections_[index];
  const std::uint64_t replies = connection.scanner.feed(bytes);
  if (connection.scanner.is_broken() ||
      replies > connection.in_flight.size() - connection.answered) {
    failure_ = "the server's replies do not match the requests";
    return;
  }
  for (std::uint64_t i = 0; i < replies; ++i) {
    const std::uint64_t due = connection.in_flight[connection.answered++];
    // What is still to come after the window's end was due in it.
    if (measuring_ && due >= window_ns_) {
      measured_.latency.add(now_ns_ - due);
      measured_.slowest.offer(now_ns_ - due, answered_);
    }
    ++answered_;
    last_reply_ns_ = now_ns_;
  }
  if (connection.answered != connection.in_flight.size()) return;
  connection.in_flight.clear();
  if (!connection.waiting.empty()) list(index);
}

Measurement OpenLoop::finish() {
  measured_.end = Instant::read(options_.server_pid);
  measured_.operations = answered_ - answered_before_window_;
  for (const Connection& connection : connections_) {
    const ReplyScanner::Tally& tally = connection.scanner.tally();
    measured_.errors += tally.errors;
    measured_.nulls += tally.nulls;
    if (measured_.first_error.empty()) measured_.first_error = tally.first_error;
  }
  return std::move(measured_);
}

}  // namespace duplex::load
