// One RESP connection: bytes to requests, requests to the executor, replies to the socket.
#pragma once

#include "base/buffer.h"
#include "commands/client.h"
#include "commands/connection.h"
#include "net/command_loop.h"
#include "net/socket.h"
#include "pubsub/loop_subscribers.h"
#include "resp/request_parser.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::net {

// Requests are executed straight from the receive buffer; only what is not complete yet is copied.
//
// Thread: confined to its loop, except request_close(), request_resume() and the byte counts.
// Lifetime: owns itself from start() until its socket has closed.
class RespSession final : public SocketHandler,
                          public commands::Connection,
                          public pubsub::Subscriber {
 public:
  // Takes a connection that was accepted; refuses it with an error reply when there are too many
  // clients or protected mode forbids it. `tls`: null for plain text.
  static void start(CommandLoop& loop, Descriptor descriptor, const TlsContext* tls = nullptr);

  commands::Client& client() { return client_; }

  // Executes what CLIENT PAUSE had postponed.
  void resume();
  // The same, or has a client that waits look again.
  void resume_or_retry();
  // Looks whether the client still waits for a key, and goes on with its requests if not.
  void look_at_wait();
  // Closes when the client was idle or its output too large for too long.
  void check_limits(std::int64_t now_ms);
  // Publishes what CLIENT LIST tells about the output, when no replies are being gathered.
  void note_output();
  // Closes if the client's user is gone or forbids what the client has subscribed to.
  void check_user();
  void close_now() {
    if (!closed_) socket_->close_now();
  }
  // Ends a session whose socket has closed and whose script still runs: the loop has stopped.
  void end_with_loop();

  // commands::Connection
  void close_after_reply() override;
  void request_close() override;
  void request_resume() override;
  void request_unblock() override;
  void request_user_check() override;
  std::size_t output_bytes() const override;
  std::size_t input_bytes() const override;

  // pubsub::Subscriber
  void deliver(const pubsub::Message& message, std::string_view pattern) override;

  // Tells the client, or whom it redirects to, what to forget, if it is still to be told.
  void invalidate(const commands::Invalidation& invalidation);

 private:
  explicit RespSession(CommandLoop& loop);
  ~RespSession();
  void admit();

  void on_data(std::span<const char> bytes) override;
  void on_closed(CloseReason reason) override;

  // Executes the complete requests in `input` and returns how many bytes they took.
  std::size_t execute(std::string_view input);
  // Reads requests until the batch is full; returns how many bytes were read.
  std::size_t parse_batch(std::string_view input);
  // Executes what was read; returns how many bytes are done with.
  std::size_t run_batch();
  void keep_rest(std::string_view rest);
  void protocol_error();
  bool is_http(const commands::Request& request) const;
  void refuse_http();
  // The pushes of CLIENT TRACKING (resp_session_pushes.cc).
  bool wants(const commands::Invalidation& invalidation) const;
  void redirect(commands::Invalidation invalidation);
  void push_invalidation(const commands::Invalidation& invalidation);
  void push_broken_redirect();
  void pushed();
  bool is_over_limit(std::int64_t now_ms);
  void finish_input();
  // The client waits for a key from here on.
  void begin_wait();
  void end_wait();
  void time_out();
  void end();

  CommandLoop& loop_;
  Socket* socket_ = nullptr;
  commands::Client client_;
  resp::RequestParser parser_;
  base::Buffer input_;
  bool malformed_ = false;  // a protocol error stands behind the requests that were read
  bool ending_ = false;     // nothing of the input is executed any more
  bool closed_ = false;     // only waits for the end of its script
  bool postponed_ = false;  // by CLIENT PAUSE
  bool blocked_ = false;    // waiting for a key
  // What came while a script ran for the client: its reply is ahead of them.
  std::vector<commands::Invalidation> delayed_;
  std::optional<TimerId> deadline_;
  std::int64_t over_soft_limit_since_ms_ = 0;
  std::atomic<std::size_t> input_bytes_{0};
  std::atomic<std::size_t> output_bytes_{0};
};

}  // namespace duplex::net
