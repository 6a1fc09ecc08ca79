// The life of a WebSocket.
#include "ws/ws_session.h"

#include "base/utf8.h"
#include "ws/counters.h"
#include "ws/deflate.h"
#include "ws/frame_writer.h"
#include "ws/http_front.h"

namespace duplex::ws {

namespace {

// A client that does not read its replies is not listened to until its queue is short again.
constexpr std::size_t input_pause_bytes = 256 * 1024;
constexpr std::size_t input_resume_bytes = 64 * 1024;

}  // namespace

WsSession::WsSession(HttpFront& front, FrameLimits limits, bool deflates)
    : front_(front),
      parser_({limits.message_bytes_max, limits.fragments_max, deflates}),
      entry_(front.loop(), front.clients(), [this] { close(disconnects::force); }) {
  Counters::add(front.counters().websockets);
  Counters::add(front.counters().websockets_opened);
}

WsSession::~WsSession() {
  Counters::subtract(front_.counters().websockets);
}

void WsSession::begin_shutdown() {
  close(disconnects::shutdown);
}

void WsSession::start(net::Socket& socket) {
  socket_ = &socket;
  entry_.enter(socket);
  on_started();
}

void WsSession::close(const Disconnect& disconnect) {
  if (state_ != State::open) return;
  socket_->out().append(encode_close(disconnect.code, disconnect.reason));
  socket_->mark_dirty();
  state_ = State::closing;
  set_deadline(DeadlineKind::close);
}

void WsSession::send(Opcode opcode, std::string_view payload) {
  if (state_ != State::open) return;
  if (deflates() && !is_control(opcode) && payload.size() >= deflate_bytes_min)
    socket_->out().append(encode_deflated_frame(opcode, payload));
  else
    append_frame(socket_->out(), opcode, payload);
  socket_->mark_dirty();
  entry_.note_output();
}

void WsSession::send_shared(base::SharedBytes frame) {
  if (state_ != State::open) return;
  socket_->append_shared(std::move(frame));
  socket_->mark_dirty();
  entry_.note_output();
  check_output();
}

void WsSession::check_output() {
  if (socket_->pending_output_bytes() <= front_.options().output_bytes_max) return;
  Counters::add(front_.counters().slow_disconnects);
  close(disconnects::slow);
}

void WsSession::wait_for_log(std::uint64_t position) {
  if (position != 0 && front_.log() != nullptr) front_.log()->gate(*socket_, position);
}

void WsSession::set_deadline(DeadlineKind kind) {
  front_.set_deadline(*this, kind);
}

void WsSession::on_data(std::span<const char> bytes) {
  entry_.note_input();
  std::string_view input(bytes.data(), bytes.size());
  while (state_ != State::draining) {
    const FrameParser::Event event = parser_.next(input);
    if (event == FrameParser::Event::need_more || !handle(event)) break;
  }
  if (state_ == State::open) on_input_done();
  parser_.release_idle_memory();
  limit_input();
}

bool WsSession::handle(FrameParser::Event event) {
  using Event = FrameParser::Event;
  switch (event) {
    case Event::text:
    case Event::binary:
      if (state_ != State::open) return true;
      Counters::add(front_.counters().messages_received);
      if (parser_.is_compressed()) return handle_deflated(event == Event::text);
      on_message(event == Event::text, parser_.payload());
      return true;
    case Event::ping:
      send(Opcode::pong, parser_.payload());
      return true;
    case Event::pong:
      if (state_ == State::open) on_pong();
      return true;
    case Event::close:
      answer_close();
      return false;
    case Event::failed:
      fail(parser_.failure());
      return false;
    case Event::need_more:
      break;
  }
  return false;
}

bool WsSession::handle_deflated(bool is_text) {
  const auto message =
      inflate_message(parser_.payload(), parser_.limits().message_bytes_max);
  if (!message) {
    const bool is_long = message.error() == close_codes::message_too_big;
    fail({message.error(), is_long ? "message too big" : "broken compression"});
    return false;
  }
  if (is_text && !base::is_utf8(*message)) {
    fail({close_codes::invalid_payload, "text is not UTF-8"});
    return false;
  }
  on_message(is_text, *message);
  return true;
}

// The peer's close frame is the last thing it sends: the socket can end when ours has left.
void WsSession::answer_close() {
  if (state_ == State::open) {
    socket_->out().append(encode_close(parser_.close_code(), {}));
    socket_->mark_dirty();
  }
  state_ = State::draining;
  set_deadline(DeadlineKind::close);
  socket_->close_after_flush();
}

// After bad frames no close frame can be recognised. Our side of the connection ends at once; the
// other side is read, though not looked at, so that a reset does not overtake our close frame.
void WsSession::fail(const FrameParser::Failure& failure) {
  if (state_ == State::open) close({failure.code, failure.reason});
  state_ = State::draining;
  socket_->shutdown_after_flush();
}

void WsSession::limit_input() {
  if (socket_->is_paused() || socket_->is_closing() ||
      socket_->pending_output_bytes() <= input_pause_bytes)
    return;
  socket_->pause_receive();
  socket_->notify_when_drained(input_resume_bytes);
}

void WsSession::on_drained() {
  if (socket_->is_paused()) socket_->resume_receive();
  if (state_ == State::open) on_output_drained();
}

void WsSession::notify_when_drained() {
  socket_->notify_when_drained(input_resume_bytes);
}

void WsSession::on_deadline(DeadlineKind kind) {
  if (state_ == State::open)
    on_open_deadline(kind);
  else
    socket_->close_now();
}

void WsSession::on_closed(net::CloseReason) {
  on_ended();
  if (front_.log() != nullptr) front_.log()->forget(*socket_);
  front_.remove(*this);
}

}  // namespace duplex::ws
