// The fan-out: one publisher, many subscribers, every delivery counted.
#pragma once

#include "bench/load/measurement.h"
#include "bench/load/options.h"
#include "bench/load/reply_scanner.h"
#include "bench/load/ring.h"
#include "bench/load/socket.h"
#include "bench/load/subscriber.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace duplex::load {

// Keeps `pipeline` messages in flight: a message is replaced once every subscriber has it. Since
// each subscriber receives in order, its n-th message is the n-th published one. Thread: confined
// to the thread that calls run().
class FanOut {
 public:
  // Connects and subscribes.
  static std::expected<std::unique_ptr<FanOut>, std::string> create(const Options& options);

  // Once. Fails if a delivery is missing or surplus.
  std::expected<Measurement, std::string> run();

 private:
  struct Message {
    std::uint64_t published_ns = 0;
    std::uint64_t deliveries = 0;
  };

  FanOut(const Options& options, Socket publisher);
  std::uint32_t publisher_index() const { return static_cast<std::uint32_t>(subscribers_.size()); }
  void on_event(const Ring::Event& event);
  void on_delivery(std::uint32_t index, std::string_view bytes);
  void on_delivered(Subscriber& subscriber);
  void publish_more();
  void append_request(std::uint64_t number);
  void observe_time();
  void begin_window();
  void end_window();
  std::expected<Measurement, std::string> finish();
  std::uint64_t deliveries_wanted() const { return published_ * subscribers_.size(); }
  bool settled() const {
    return stopping_ && delivered_ == deliveries_wanted() &&
           publisher_scanner_.tally().replies == published_;
  }

  const Options& options_;
  Socket publisher_;
  ReplyScanner publisher_scanner_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::unique_ptr<Ring> ring_;
  std::vector<Message> in_flight_;  // message n at n modulo the window
  std::string requests_;            // what the publisher sends next; in flight until answered

  std::uint64_t now_ns_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_delivery_ns_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t delivered_before_window_ = 0;
  std::uint64_t completed_before_window_ = 0;
  bool measuring_ = false;
  bool stopping_ = false;
  std::string failure_;
  Measurement measured_;
};

}  // namespace duplex::load
