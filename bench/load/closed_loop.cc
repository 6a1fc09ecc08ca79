// Runs the closed loop.
#include "bench/load/closed_loop.h"

#include "bench/load/web_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace duplex::load {
namespace {

constexpr std::uint64_t stall_ns = 10'000'000'000;
constexpr std::uint64_t reply_overhead_bytes = 32;

std::uint64_t to_ns(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

// Few and small buffers stay in the cache; there must be one per connection that may have data.
Ring::Limits buffers_for(const Options& options) {
  const std::uint64_t replies = options.pipeline * (options.value_bytes + reply_overhead_bytes);
  return {.buffers = static_cast<unsigned>(
              std::bit_ceil(std::clamp<std::uint64_t>(options.connections + 16, 64, 4096))),
          .buffer_bytes = static_cast<unsigned>(
              std::bit_ceil(std::clamp<std::uint64_t>(replies, 4096, 65536)))};
}

}  // namespace

std::expected<std::unique_ptr<ClosedLoop>, std::string> ClosedLoop::create(const Options& options) {
  auto workload = Workload::create(options);
  if (!workload) return std::unexpected(workload.error());
  std::unique_ptr<ClosedLoop> loop(new ClosedLoop(options, std::move(*workload)));
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    const bool echoes = options.mode == Mode::echo;
    auto socket = Socket::connect(options.host, echoes ? options.http_port : options.port);
    if (!socket) return std::unexpected(socket.error());
    if (echoes)
      if (const auto opened = open_web_socket(*socket, options); !opened)
        return std::unexpected(opened.error());
    loop->connections_.emplace_back(std::move(*socket));
  }
  auto ring = Ring::create(buffers_for(options));
  if (!ring) return std::unexpected(ring.error());
  loop->ring_ = std::move(*ring);
  return loop;
}

ClosedLoop::ClosedLoop(const Options& options, Workload workload)
    : options_(options), workload_(std::move(workload)) {
  connections_.reserve(options.connections);
}

std::expected<Measurement, std::string> ClosedLoop::run() {
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    ring_->receive(connections_[i].socket.fd(), i);
    compose(i);
  }
  ring_->tick();
  start_ns_ = last_reply_ns_ = now_ns();
  if (options_.warmup_seconds == 0) begin_window();
  send_composed();
  while (failure_.empty() && !(stopping_ && answered_ == issued_)) {
    const bool waited = ring_->wait([this](const Ring::Event& event) {
      if (now_ns_ == 0) observe_time();
      on_event(event);
    });
    if (!waited) return std::unexpected("io_uring_enter failed");
    now_ns_ = 0;
    send_composed();
  }
  if (!failure_.empty()) return std::unexpected(failure_);
  return finish();
}

// Time is read once per wait; all that came with it is taken to have come then.
void ClosedLoop::observe_time() {
  now_ns_ = now_ns();
  const std::uint64_t elapsed = now_ns_ - start_ns_;
  if (!measuring_ && !stopping_ && elapsed >= to_ns(options_.warmup_seconds)) {
    return begin_window();
  }
  const bool by_time = options_.requests == 0;
  if (measuring_ && by_time && now_ns_ - measured_.begin.time_ns >= to_ns(options_.seconds)) {
    end_window();
  }
}

void ClosedLoop::begin_window() {
  answered_before_window_ = answered_;
  measured_.begin = Instant::read(options_.server_pid);
  measuring_ = true;
}

void ClosedLoop::end_window() {
  measured_.end = Instant::read(options_.server_pid);
  measured_.operations = answered_ - answered_before_window_;
  measuring_ = false;
  stopping_ = true;
}

void ClosedLoop::on_event(const Ring::Event& event) {
  switch (event.kind) {
    case Ring::Event::Kind::received:
      return on_bytes(connections_[event.socket], event.socket, event.bytes);
    case Ring::Event::Kind::closed:
      failure_ = "the server closed a connection";
      return;
    case Ring::Event::Kind::failed:
      failure_ = fmt::format("connection failed: {}", std::strerror(event.error));
      return;
    case Ring::Event::Kind::tick:
      if (now_ns_ - last_reply_ns_ > stall_ns) {
        failure_ = fmt::format("no reply for 10 s, {} outstanding", issued_ - answered_);
      }
      return ring_->tick();
  }
}

void ClosedLoop::on_bytes(Connection& connection, std::uint32_t index, std::string_view bytes) {
  const std::uint64_t replies = count_replies(connection, bytes);
  if (connection.scanner.is_broken() || replies > connection.unanswered) {
    failure_ = "the server's replies do not match the requests";
    return;
  }
  if (replies == 0) return;
  if (measuring_) {
    const std::uint64_t latency = now_ns_ - connection.sent_ns;
    measured_.latency.add(latency, replies);
    measured_.slowest.offer(latency, answered_);
  }
  answered_ += replies;
  last_reply_ns_ = now_ns_;
  connection.unanswered -= replies;
  if (connection.unanswered == 0 && !stopping_) compose(index);
}

// What comes back in an echo has one length: that of the message, behind a header of two bytes.
std::uint64_t ClosedLoop::count_replies(Connection& connection, std::string_view bytes) const {
  if (options_.mode != Mode::echo) return connection.scanner.feed(bytes);
  const std::uint64_t frame = options_.value_bytes + 2;
  connection.echoed_bytes += bytes.size();
  const std::uint64_t messages = connection.echoed_bytes / frame;
  connection.echoed_bytes %= frame;
  return messages;
}

void ClosedLoop::compose(std::uint32_t index) {
  std::uint64_t count = options_.pipeline;
  if (options_.requests > 0) {
    count = std::min(count, options_.requests - issued_);
    if (count == 0) return;
  }
  Connection& connection = connections_[index];
  if (count < options_.pipeline) connection.batch.clear();
  workload_.compose(connection.batch, count);
  connection.unanswered = count;
  issued_ += count;
  stopping_ = stopping_ || issued_ == options_.requests;
  composed_.push_back(index);
}

void ClosedLoop::send_composed() {
  if (composed_.empty()) return;
  const std::uint64_t now = now_ns();
  for (const std::uint32_t index : composed_) {
    Connection& connection = connections_[index];
    connection.sent_ns = now;
    ring_->send(connection.socket.fd(), index, connection.batch);
  }
  composed_.clear();
}

Measurement ClosedLoop::finish() {
  if (measuring_) end_window();
  for (const Connection& connection : connections_) {
    const ReplyScanner::Tally& tally = connection.scanner.tally();
    measured_.errors += tally.errors;
    measured_.nulls += tally.nulls;
    if (measured_.first_error.empty()) measured_.first_error = tally.first_error;
  }
  return std::move(measured_);
}

}  // namespace duplex::load
