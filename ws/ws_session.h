// One WebSocket connection: frames, pongs and the closing handshake. What messages mean is up to
// the classes derived from it.
#pragma once

#include "base/shared_bytes.h"
#include "net/socket.h"
#include "ws/client_entry.h"
#include "ws/deadlines.h"
#include "ws/disconnect.h"
#include "ws/frame_parser.h"
#include "ws/takeover.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::ws {

class HttpFront;

// All output goes into the socket's one queue, so that replies, pongs and shared frames never tear
// each other. An idle session holds no buffers.
//
// States: open; closing, our close frame is sent and the peer's is awaited; draining, nothing that
// comes matters any more and the socket is about to end.
//
// Thread: confined to its loop.
// Lifetime: the front owns it, until its socket has closed.
class WsSession : public Takeover, public Deadlined {
 public:
  ~WsSession() override;

  void start(net::Socket& socket) final;
  void begin_shutdown() override;
  // Sends a close frame and ends the connection when the peer has answered, or has not for a while.
  void close(const Disconnect& disconnect);

 protected:
  // `deflates`: compression was agreed on.
  WsSession(HttpFront& front, FrameLimits limits, bool deflates = false);

  virtual void on_started() = 0;
  virtual void on_message(bool is_text, std::string_view payload) = 0;
  virtual void on_pong() {}
  // All messages that have arrived so far were told.
  virtual void on_input_done() {}
  virtual void on_output_drained() {}
  // A deadline of the open connection has passed.
  virtual void on_open_deadline(DeadlineKind kind) = 0;
  // The connection has ended; the session will be destroyed at once.
  virtual void on_ended() {}

  HttpFront& front() { return front_; }
  bool is_open() const { return state_ == State::open; }
  // The session among the server's clients.
  ClientEntry& entry() { return entry_; }
  bool deflates() const { return parser_.limits().compressed; }
  std::size_t output_bytes() const { return socket_->pending_output_bytes(); }
  // Calls on_output_drained() when not much is queued any more.
  void notify_when_drained();
  void send(Opcode opcode, std::string_view payload);
  // A frame that is complete, for other receivers as well. Closes if too much is queued already.
  void send_shared(base::SharedBytes frame);
  void set_deadline(DeadlineKind kind);
  // What is queued now, and later, does not leave before the log is written up to this position.
  void wait_for_log(std::uint64_t position);

 private:
  enum class State : std::uint8_t { open, closing, draining };

  void on_data(std::span<const char> bytes) final;
  void on_drained() final;
  void on_closed(net::CloseReason reason) final;
  void on_deadline(DeadlineKind kind) final;

  // Returns false when nothing more is to be read.
  bool handle(FrameParser::Event event);
  // A message whose payload is compressed. Returns false if it is not what it should be.
  bool handle_deflated(bool is_text);
  void answer_close();
  void fail(const FrameParser::Failure& failure);
  void limit_input();
  void check_output();

  HttpFront& front_;
  net::Socket* socket_ = nullptr;
  FrameParser parser_;
  State state_ = State::open;
  ClientEntry entry_;
};

}  // namespace duplex::ws
