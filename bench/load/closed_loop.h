// The closed loop: every connection keeps one batch of requests in flight.
#pragma once

#include "bench/load/measurement.h"
#include "bench/load/options.h"
#include "bench/load/reply_scanner.h"
#include "bench/load/ring.h"
#include "bench/load/socket.h"
#include "bench/load/workload.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace duplex::load {

// Sends a batch when the one before it is answered completely, so that the server sees exactly the
// depth that was asked for. Latency is counted from the batch's send to each of its replies.
// Thread: confined to the thread that calls run().
class ClosedLoop {
 public:
  // Connects.
  static std::expected<std::unique_ptr<ClosedLoop>, std::string> create(const Options& options);

  // Once.
  std::expected<Measurement, std::string> run();

 private:
  struct Connection {
    explicit Connection(Socket s) : socket(std::move(s)) {}

    Socket socket;
    ReplyScanner scanner;
    std::uint64_t echoed_bytes = 0;  // of the message that is coming back
    std::string batch;
    std::uint64_t unanswered = 0;
    std::uint64_t sent_ns = 0;
  };

  ClosedLoop(const Options& options, Workload workload);
  void on_event(const Ring::Event& event);
  void on_bytes(Connection& connection, std::uint32_t index, std::string_view bytes);
  std::uint64_t count_replies(Connection& connection, std::string_view bytes) const;
  void compose(std::uint32_t index);
  void send_composed();
  void observe_time();
  void begin_window();
  void end_window();
  Measurement finish();

  const Options& options_;
  Workload workload_;
  std::vector<Connection> connections_;
  std::unique_ptr<Ring> ring_;           // dies before the sockets that it receives from
  std::vector<std::uint32_t> composed_;  // connections whose batch is ready to leave

  std::uint64_t now_ns_ = 0;  // when the wait at hand ended
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_reply_ns_ = 0;
  std::uint64_t issued_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t answered_before_window_ = 0;
  bool measuring_ = false;
  bool stopping_ = false;
  std::string failure_;
  Measurement measured_;
};

}  // namespace duplex::load
