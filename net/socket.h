// One connected stream socket on an event loop: bytes in, an ordered queue of bytes out.
#pragma once

#include "base/buffer.h"
#include "base/shared_bytes.h"
#include "net/departure.h"
#include "net/timer_queue.h"
#include "net/tls_channel.h"
#include "net/transfer.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::net {

class EventLoop;
class Socket;
class TlsContext;

enum class CloseReason : std::uint8_t {
  peer_closed,   // the peer ended its side and everything queued was sent
  lost,          // reset by the peer, or any other failure; Socket::error() is the errno
  closed_here,   // close_now() or close_after_flush()
  loop_stopped,  // the loop ends
};

// The owner of a socket, as the socket sees it. All calls come on the loop's thread, never from
// inside a call that the handler makes to the socket.
class SocketHandler {
 public:
  // Bytes from the peer, in order. They are valid during the call only and count as taken: copy
  // what is not finished, or give it back with Socket::unread(). Not called while paused.
  virtual void on_data(std::span<const char> bytes) = 0;

  // The peer has shut down its sending side. Return true to go on sending (the socket then stays
  // open until closed here); false lets the socket close once its output is sent.
  virtual bool on_end_of_input() { return false; }

  // The queue is down to the mark of notify_when_drained().
  virtual void on_drained() {}

  // The last call, exactly once for each socket. The socket may still be used to look at
  // (addresses, error()) during the call and not at all afterwards.
  virtual void on_closed(CloseReason reason) = 0;

 protected:
  ~SocketHandler() = default;
};

// A connected TCP or Unix stream socket, in plain text or under TLS: its handler cannot tell, and
// neither can the back ends. Under TLS on_data() comes when hands are shaken, and what was queued
// before leaves then; the queue is sealed when it is sent, so that a pass's replies share records.
//
// Output is appended to out() or append_shared() and then announced with mark_dirty(). The loop
// sends each dirty socket once, at the end of its pass, after the before-flush hook (which writes
// the log): so replies of a pipeline leave in one send, and no reply before its log record.
//
// Thread: confined to its EventLoop.
// Lifetime: the loop owns it. A reference is good from EventLoop::add_socket() until on_closed()
// has returned. Closing, by anybody, only makes a note; on_closed() follows before the next flush.
// The object itself is freed when the kernel's last completion for it has arrived.
// Invariant: at most one send is under way; on_closed() is called exactly once.
class Socket final : private Transfer {
 public:
  // `tls`: null for plain text.
  Socket(EventLoop& loop, int connected_fd, SocketHandler& handler, const TlsContext* tls);
  // One that comes from another loop.
  Socket(EventLoop& loop, Departed departed, SocketHandler& handler);
  ~Socket();

  // The end of the queue. Only append (or cut off what was just appended); the reference stays
  // good.
  base::Buffer& out() { return queue_->tail(); }
  // Appends a message that several receivers share. Small ones are copied, larger ones are kept by
  // reference and leave in a gathered send, in order with out().
  void append_shared(base::SharedBytes bytes) { queue_->append_shared(std::move(bytes)); }
  // The queue has something to send. Cheap and idempotent.
  void mark_dirty() {
    if (!dirty_) add_to_dirty();
  }
  // While held, nothing more is sent (the log is not yet durable); releasing sends what gathered.
  void hold(bool held);
  bool is_held() const { return held_; }
  // Bytes that are queued or with the kernel's unfinished send.
  std::size_t pending_output_bytes() const {
    return queue_ == &output ? output.size() : output.size() + queue_->size();
  }
  // Calls on_drained() once, in a later pass, when at most this many bytes are pending.
  void notify_when_drained(std::size_t low_water_bytes);

  // Back-pressure: no on_data() until resumed. Bytes that the kernel had already delivered are
  // kept and come first after resume_receive(). That the peer is gone is noticed when resumed, or
  // when a send fails.
  void pause_receive();
  void resume_receive();
  bool is_paused() const { return paused_; }
  // Gives back input that on_data() brought; it is delivered again, before anything else, in the
  // next pass. For handing the rest to another handler.
  void unread(std::span<const char> bytes);

  // Replaces the owner. The former one hears nothing more, not even on_closed().
  // If the end of input was told already, it is told again to the new one.
  void set_handler(SocketHandler& handler);

  // Leaves this loop: receiving stops, what is queued is sent, and when nothing is under way any
  // more `done` gets the connection for another loop's add_socket(), or nothing if it has ended
  // meanwhile. The handler hears nothing more, and the socket must not be used.
  // Requires: !is_closing(), and under TLS that input has come before.
  using DepartureDone = std::move_only_function<void(std::optional<Departed>)>;
  void depart(DepartureDone done);

  // Closes when everything queued has left. Input is ignored from now on.
  void close_after_flush();
  // Ends the sending side (FIN) when everything queued has left, and goes on receiving: the peer
  // can then read our last words whatever it was still sending. Nothing may be queued afterwards.
  void shutdown_after_flush();
  // Closes, whatever is queued.
  void close_now();
  // True from the moment that the end is certain; on_data() comes no more.
  bool is_closing() const { return closing_; }
  int error() const { return error_; }

  EventLoop& loop() const { return loop_; }
  int descriptor() const { return fd; }
  // As Redis prints them: "127.0.0.1:1234", "[::1]:1234", "/path:0" for Unix sockets.
  std::string peer_address() const;
  std::string local_address() const;
  bool is_unix() const;
  bool is_tls() const { return tls_ != nullptr; }
  // Totals of this socket, as they went over the wire.
  std::uint64_t bytes_received() const { return bytes_received_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  friend class EventLoop;  // drives the states below, pass by pass

  void received(std::span<const char> bytes) override;
  void input_ended() override;
  void failed(int error) override;
  void sent(std::size_t bytes) override;

  void add_to_dirty();
  void begin_close(CloseReason reason);
  void deliver(std::span<const char> bytes);
  void unseal(std::span<const char> sealed);
  bool is_shaking() const { return tls_ != nullptr && tls_->state() == TlsChannel::State::shaking; }
  void end_handshake();
  void forget_handshake();
  void fail_handshake(std::string_view reason);
  void break_off();
  // Steps of the loop's pass.
  void flush();
  void deliver_kept_input();
  void deliver_closed();
  void deliver_drained();
  bool may_be_freed() const;
  bool may_depart() const;
  void finish_departure();
  void check_drain_mark();
  void queue_kept_input();
  void tell_end_of_input();

  EventLoop& loop_;
  SocketHandler* handler_;
  std::unique_ptr<TlsChannel> tls_;
  OutQueue* queue_ = &output;  // what the handler fills: the channel's plain text under TLS
  // Until the handshake is over: its time limit, and who it is with, as the kernel forgets the
  // address of a peer that has gone.
  struct Handshake {
    TimerId limit;
    std::string peer;
  };
  std::unique_ptr<Handshake> handshake_;
  // The handler of a socket that departs.
  struct Departure;
  std::unique_ptr<Departure> departure_;
  std::size_t index_ = 0;  // among the loop's sockets
  base::Buffer kept_input_;
  std::optional<std::size_t> drain_mark_;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
  int error_ = 0;
  CloseReason reason_ = CloseReason::closed_here;
  bool dirty_ : 1 = false;
  bool held_ : 1 = false;
  bool paused_ : 1 = false;
  bool closing_ : 1 = false;
  bool close_after_flush_ : 1 = false;
  bool shutdown_after_flush_ : 1 = false;
  bool end_of_input_ : 1 = false;  // seen, perhaps not yet told
  bool end_of_input_told_ : 1 = false;
  bool kept_input_queued_ : 1 = false;  // in the loop's list
  bool drained_queued_ : 1 = false;     // in the loop's list
};

}  // namespace duplex::net
