// The life of an Engine.IO session.
#include "ws/engine_session.h"

#include "ws/engine_sessions.h"
#include "ws/frame_writer.h"

#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view close_packet = "1";
constexpr std::string_view ping_packet = "2";
constexpr std::string_view noop_packet = "6";

}  // namespace

EngineSession::EngineSession(EngineSessions& owner, std::string sid, EngineClient client)
    : owner_(owner), sid_(std::move(sid)), client_(std::move(client)) {}

EngineSession::~EngineSession() = default;

void EngineSession::open(std::unique_ptr<EngineApplication> application) {
  open_ = true;
  application_ = std::move(application);
  const std::int64_t now_ms = DeadlineTimer::now_ms();
  renew(now_ms);
  owner_.deadlines().set(connect_, DeadlineKind::connect, now_ms);
}

std::string EngineSession::open_polling(std::unique_ptr<EngineApplication> application) {
  open(std::move(application));
  application_->on_open();
  return engine_open_packet(owner_.handshake_of(sid_, true));
}

void EngineSession::open_socket(std::unique_ptr<EngineApplication> application,
                                EngineTransport& socket) {
  socket_ = &socket;
  open(std::move(application));
  socket.send_text(engine_open_packet(owner_.handshake_of(sid_, false)));
  application_->on_open();
}

// The ping is due an interval later, and the session over when the pong is late.
void EngineSession::renew(std::int64_t from_ms) {
  const EngineOptions& options = owner_.options();
  ping_due_ms_ = from_ms + options.ping_interval_ms;
  alive_until_ms_ = ping_due_ms_ + options.ping_timeout_ms;
  owner_.deadlines().set(heartbeat_, DeadlineKind::ping, from_ms);
}

void EngineSession::on_deadline(DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::connect:
      return application_->on_connect_timeout();
    case DeadlineKind::ping:
      send_text(ping_packet);
      return owner_.deadlines().set(heartbeat_, DeadlineKind::pong, ping_due_ms_);
    case DeadlineKind::pong:
      return close(EngineEnd::ping_timeout);
    case DeadlineKind::close:
      return drop_candidate(EngineEnd::protocol);
  }
}

void EngineSession::send_text(std::string_view packet) {
  if (!open_) return;
  if (socket_ != nullptr) return socket_->send_text(packet);
  enqueue(std::make_shared<const std::string>(encode_frame(Opcode::text, packet)));
}

void EngineSession::send_frames(base::SharedBytes frames) {
  if (!open_) return;
  if (socket_ != nullptr) return socket_->send_frames(std::move(frames));
  enqueue(std::move(frames));
}

// May be called while messages are handed out: a session that is too slow ends in a later pass.
void EngineSession::enqueue(base::SharedBytes frames) {
  if (overflown_) return;
  queue_bytes_ += frames->size();
  queue_.push_back(std::move(frames));
  overflown_ = queue_bytes_ > owner_.options().queue_bytes_max;
  if (overflown_ || poll_) owner_.schedule(*this);
}

void EngineSession::flush() {
  if (!open_) return;
  if (overflown_) return close(EngineEnd::slow);
  if (poll_ && !queue_.empty()) answer_poll({});
}

std::string EngineSession::take_queue() {
  std::string body;
  body.reserve(queue_bytes_);
  for (const base::SharedBytes& frames : queue_)
    append_engine_payload(body, *frames);
  queue_.clear();
  queue_bytes_ = 0;
  return body;
}

// Answers with what is queued, and the last packet unless it is empty.
void EngineSession::answer_poll(std::string_view last_packet) {
  if (!poll_) return;
  std::string body = take_queue();
  if (!last_packet.empty()) {
    if (!body.empty()) body += engine_separator;
    body += last_packet;
  }
  std::exchange(poll_, nullptr)(std::move(body));
}

std::expected<std::optional<std::string>, EngineError> EngineSession::poll(Answer answer) {
  if (socket_ != nullptr) return std::unexpected(engine_errors::bad_request);
  if (poll_) {
    close(EngineEnd::protocol);
    return std::unexpected(engine_errors::bad_request);
  }
  if (!queue_.empty()) return take_queue();
  if (probed_) return std::string(noop_packet);
  poll_ = std::move(answer);
  ++last_poll_;
  return std::nullopt;
}

void EngineSession::abandon_poll(std::uint64_t number) {
  if (!poll_ || number != last_poll_) return;
  poll_ = nullptr;
  close(EngineEnd::transport);
}

std::expected<void, EngineError> EngineSession::post(std::string_view body) {
  if (socket_ != nullptr) return std::unexpected(engine_errors::bad_request);
  if (body.size() > owner_.options().payload_bytes_max)
    return std::unexpected(engine_errors::too_large);
  EnginePayloadReader reader(body);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet || packet->type == EngineType::ping) {
      close(EngineEnd::protocol);
      return std::unexpected(engine_errors::bad_request);
    }
    if (!handle(*packet)) break;
  }
  return {};
}

bool EngineSession::handle(const EnginePacket& packet) {
  switch (packet.type) {
    case EngineType::message:
      application_->on_message(!packet.is_binary, packet.data);
      break;
    case EngineType::pong:
      renew(DeadlineTimer::now_ms());
      break;
    case EngineType::close:
      close(EngineEnd::by_client);
      break;
    case EngineType::ping:
      close(EngineEnd::protocol);  // pings come from the server
      break;
    case EngineType::open:
    case EngineType::upgrade:
    case EngineType::noop:
      break;
  }
  return open_;
}

bool EngineSession::probe(EngineTransport& socket) {
  if (!open_ || socket_ != nullptr || candidate_ != nullptr) return false;
  candidate_ = &socket;
  owner_.deadlines().set(upgrade_, DeadlineKind::close, DeadlineTimer::now_ms());
  return true;
}

void EngineSession::receive(EngineTransport& socket, bool is_text, std::string_view data) {
  if (!open_) return;
  if (&socket == candidate_) return receive_probe(is_text, data);
  if (!is_text) return application_->on_message(false, data);
  const auto packet = read_engine_packet(data);
  if (!packet) return close(EngineEnd::protocol);
  handle(*packet);
}

void EngineSession::receive_probe(bool is_text, std::string_view data) {
  if (is_text && data == "2probe") {
    probed_ = true;
    candidate_->send_text("3probe");
    // The client waits for the end of its poll before it says that it upgrades.
    answer_poll(queue_.empty() ? noop_packet : std::string_view());
  } else if (is_text && data == "5") {
    finish_upgrade();
  } else {
    drop_candidate(EngineEnd::protocol);
  }
}

void EngineSession::finish_upgrade() {
  owner_.deadlines().clear(upgrade_);
  answer_poll(queue_.empty() ? noop_packet : std::string_view());
  socket_ = std::exchange(candidate_, nullptr);
  for (base::SharedBytes& frames : queue_)
    socket_->send_frames(std::move(frames));
  queue_ = {};
  queue_bytes_ = 0;
}

void EngineSession::drop_candidate(EngineEnd reason) {
  owner_.deadlines().clear(upgrade_);
  probed_ = false;
  if (candidate_ != nullptr) std::exchange(candidate_, nullptr)->end(reason);
}

void EngineSession::transport_ended(EngineTransport& socket) {
  if (&socket == candidate_) {
    candidate_ = nullptr;
    drop_candidate(EngineEnd::transport);
  } else if (&socket == socket_) {
    socket_ = nullptr;
    close(EngineEnd::transport);
  }
}

void EngineSession::close(EngineEnd reason) {
  if (!open_) return;
  open_ = false;
  if (overflown_) queue_.clear();
  answer_poll(reason == EngineEnd::by_client ? noop_packet : close_packet);
  drop_candidate(reason);
  if (socket_ != nullptr) std::exchange(socket_, nullptr)->end(reason);
  owner_.deadlines().clear(heartbeat_);
  owner_.deadlines().clear(connect_);
  owner_.retire(*this);
  application_->on_closed(reason);
}

}  // namespace duplex::ws
