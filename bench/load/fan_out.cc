// Runs the fan-out.
#include "bench/load/fan_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace duplex::load {
namespace {

constexpr std::uint64_t stall_ns = 10'000'000'000;
constexpr unsigned buffer_bytes = 4096;

std::uint64_t to_ns(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

}  // namespace

std::expected<std::unique_ptr<FanOut>, std::string> FanOut::create(const Options& options) {
  auto publisher = Socket::connect(options.host, options.port);
  if (!publisher) return std::unexpected(publisher.error());
  std::unique_ptr<FanOut> fan_out(new FanOut(options, std::move(*publisher)));
  for (std::uint64_t i = 0; i < options.subscribers; ++i) {
    auto subscriber = Subscriber::create(options);
    if (!subscriber) {
      return std::unexpected(fmt::format("subscriber {}: {}", i, subscriber.error()));
    }
    fan_out->subscribers_.push_back(std::move(*subscriber));
  }
  const auto buffers = std::bit_ceil(std::clamp<std::uint64_t>(options.subscribers, 64, 4096));
  auto ring =
      Ring::create({.buffers = static_cast<unsigned>(buffers), .buffer_bytes = buffer_bytes});
  if (!ring) return std::unexpected(ring.error());
  fan_out->ring_ = std::move(*ring);
  return fan_out;
}

FanOut::FanOut(const Options& options, Socket publisher)
    : options_(options), publisher_(std::move(publisher)), in_flight_(options.pipeline) {}

std::expected<Measurement, std::string> FanOut::run() {
  for (std::uint32_t i = 0; i < subscribers_.size(); ++i) {
    ring_->receive(subscribers_[i]->fd(), i);
  }
  ring_->receive(publisher_.fd(), publisher_index());
  ring_->tick();
  now_ns_ = start_ns_ = last_delivery_ns_ = now_ns();
  if (options_.warmup_seconds == 0) begin_window();
  publish_more();
  while (failure_.empty() && !settled()) {
    now_ns_ = 0;
    const bool waited = ring_->wait([this](const Ring::Event& event) {
      if (now_ns_ == 0) observe_time();
      on_event(event);
    });
    if (!waited) return std::unexpected("io_uring_enter failed");
    publish_more();
  }
  if (!failure_.empty()) return std::unexpected(failure_);
  return finish();
}

void FanOut::observe_time() {
  now_ns_ = now_ns();
  if (!measuring_ && !stopping_ && now_ns_ - start_ns_ >= to_ns(options_.warmup_seconds)) {
    return begin_window();
  }
  const bool by_time = options_.requests == 0;
  if (measuring_ && by_time && now_ns_ - measured_.begin.time_ns >= to_ns(options_.seconds)) {
    end_window();
  }
}

void FanOut::begin_window() {
  delivered_before_window_ = delivered_;
  completed_before_window_ = completed_;
  measured_.begin = Instant::read(options_.server_pid);
  measuring_ = true;
}

void FanOut::end_window() {
  measured_.end = Instant::read(options_.server_pid);
  measured_.operations = delivered_ - delivered_before_window_;
  measured_.messages = completed_ - completed_before_window_;
  measuring_ = false;
  stopping_ = true;
}

void FanOut::on_event(const Ring::Event& event) {
  switch (event.kind) {
    case Ring::Event::Kind::received:
      if (event.socket != publisher_index()) return on_delivery(event.socket, event.bytes);
      publisher_scanner_.feed(event.bytes);
      if (publisher_scanner_.is_broken() || publisher_scanner_.tally().errors > 0) {
        failure_ = "PUBLISH failed: " + publisher_scanner_.tally().first_error;
      }
      return;
    case Ring::Event::Kind::closed:
      failure_ = "the server closed a connection";
      return;
    case Ring::Event::Kind::failed:
      failure_ = fmt::format("connection failed: {}", std::strerror(event.error));
      return;
    case Ring::Event::Kind::tick:
      if (now_ns_ - last_delivery_ns_ > stall_ns) {
        failure_ = fmt::format(
            "no delivery for 10 s; {} of {} have come", delivered_, deliveries_wanted());
      }
      return ring_->tick();
  }
}

void FanOut::on_delivery(std::uint32_t index, std::string_view bytes) {
  Subscriber& subscriber = *subscribers_[index];
  for (std::uint64_t left = subscriber.feed(bytes); left > 0; --left)
    on_delivered(subscriber);
  if (failure_.empty()) failure_ = subscriber.trouble();
  if (const std::string_view answer = subscriber.answer(); !answer.empty()) {
    ring_->send(subscriber.fd(), index, answer);
  }
}

void FanOut::on_delivered(Subscriber& subscriber) {
  if (subscriber.received == published_) {
    failure_ = "a subscriber received more messages than were published";
    return;
  }
  Message& message = in_flight_[subscriber.received++ % in_flight_.size()];
  ++delivered_;
  last_delivery_ns_ = now_ns_;
  const std::uint64_t latency = now_ns_ - message.published_ns;
  if (measuring_) measured_.latency.add(latency);
  if (++message.deliveries < subscribers_.size()) return;
  if (measuring_) {
    measured_.last_delivery.add(latency);
    measured_.slowest.offer(latency, completed_);
  }
  ++completed_;
}

// The requests of a wait leave in one send. They wait for the replies to the ones before, whose
// bytes are still the ring's, and which the server sends at the latest with the last delivery.
void FanOut::publish_more() {
  if (stopping_ || publisher_scanner_.tally().replies < published_) return;
  requests_.clear();
  while (published_ < completed_ + in_flight_.size() && !stopping_) {
    append_request(published_);
    in_flight_[published_ % in_flight_.size()] = {.published_ns = 0, .deliveries = 0};
    ++published_;
    stopping_ = published_ == options_.requests;
  }
  if (requests_.empty()) return;
  const std::uint64_t now = now_ns();
  for (Message& message : in_flight_) {
    if (message.published_ns == 0) message.published_ns = now;
  }
  ring_->send(publisher_.fd(), publisher_index(), requests_);
}

// The payload is JSON, because a WebSocket subscriber may receive nothing else.
void FanOut::append_request(std::uint64_t number) {
  std::string payload = fmt::format(R"({{"n":{},"pad":")", number);
  constexpr std::string_view end = R"("})";
  const std::size_t wanted = std::max(options_.value_bytes, payload.size() + end.size());
  payload.append(wanted - payload.size() - end.size(), 'x');
  payload += end;
  requests_ += fmt::format("*3\r\n$7\r\nPUBLISH\r\n${}\r\n{}\r\n${}\r\n{}\r\n",
                           options_.channel.size(),
                           options_.channel,
                           payload.size(),
                           payload);
}

std::expected<Measurement, std::string> FanOut::finish() {
  if (measuring_) end_window();
  for (const auto& subscriber : subscribers_) {
    if (subscriber->received != published_) {
      return std::unexpected("the subscribers received different numbers of messages");
    }
  }
  measured_.deliveries_total = delivered_;
  measured_.receivers_reported = publisher_scanner_.tally().integers;
  return std::move(measured_);
}

}  // namespace duplex::load
