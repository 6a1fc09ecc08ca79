// The open loop: requests leave at a fixed rate, whatever the server does.
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

// Gives each request a time at which it is due, a fixed step after the one before it, and a
// connection, one after the other. Latency is counted from that time, so a pause of the server is
// seen by every request that became due in it. A connection has one batch in flight; what becomes
// due meanwhile waits and leaves as the next batch.
//
// SIGINT or SIGTERM ends the window as the end of its time does.
// Thread: confined to the thread that calls run().
class OpenLoop {
 public:
  // Connects. Requires: options.rate > 0.
  static std::expected<std::unique_ptr<OpenLoop>, std::string> create(const Options& options);

  // Once.
  std::expected<Measurement, std::string> run();

 private:
  struct Connection {
    explicit Connection(Socket s) : socket(std::move(s)) {}

    Socket socket;
    ReplyScanner scanner;
    std::string batch;
    // When the requests in flight and those that wait were due; the oldest first.
    std::vector<std::uint64_t> in_flight;
    std::vector<std::uint64_t> waiting;
    std::size_t answered = 0;  // of those in flight
    std::size_t composed = 0;  // requests in `batch`
    bool is_listed = false;    // in ready_
  };

  OpenLoop(const Options& options, Workload workload);
  std::uint64_t due_ns(std::uint64_t request) const;
  void issue_due();
  void send_ready();
  void on_event(const Ring::Event& event);
  void on_bytes(std::uint32_t index, std::string_view bytes);
  void observe_window();
  void begin_window();
  void list(std::uint32_t index);
  Measurement finish();

  const Options& options_;
  Workload workload_;
  std::vector<Connection> connections_;
  std::unique_ptr<Ring> ring_;        // dies before the sockets that it receives from
  std::vector<std::uint32_t> ready_;  // connections that have something to send and may

  std::uint64_t now_ns_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_reply_ns_ = 0;
  std::uint64_t issued_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t answered_before_window_ = 0;
  std::uint64_t window_ns_ = 0;  // requests that were due before it are not measured
  bool measuring_ = false;
  bool stopping_ = false;
  std::string failure_;
  Measurement measured_;
};

}  // namespace duplex::load
