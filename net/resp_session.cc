// One RESP connection: bytes to requests, requests to the executor, replies to the socket.
#include "net/resp_session.h"

#include "base/diagnostics.h"
#include "base/text.h"
#include "commands/acl_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace duplex::net {

namespace {

// How many requests of a pipeline are read ahead, so that their keys can be fetched together.
constexpr std::size_t batch_requests_max = 16;
// An input buffer that grew beyond this is given back when it is empty.
constexpr std::size_t kept_input_bytes_max = 64 * 1024;

constexpr std::string_view protected_mode_text =
    "-DENIED Duplex is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. To connect from other hosts set a password with the requirepass directive, or "
    "switch protected mode off with 'protected-mode no' if the server is not reachable from "
    "untrusted networks.\r\n";

bool is_local(const Socket& socket) {
  if (socket.is_unix()) return true;
  const std::string peer = socket.peer_address();
  return peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with("::1:");
}

}  // namespace

RespSession::RespSession(CommandLoop& loop) : loop_(loop) {}
RespSession::~RespSession() = default;

void RespSession::start(CommandLoop& loop, Descriptor descriptor, const TlsContext* tls) {
  auto* session = new RespSession(loop);  // deleted in on_closed()
  session->socket_ = &loop.loop().add_socket(std::move(descriptor), *session, tls);
  loop.statistics().connections_received.add(1);
  commands::Client& client = session->client_;
  const Socket& socket = *session->socket_;
  client.connection = session;
  client.subscriber = session;
  client.loop = loop.loop().index();
  client.address = socket.peer_address();
  client.local_address = socket.local_address();
  client.fd = socket.descriptor();
  client.created_ms = loop.loop().now_ms();
  client.last_active_ms.store(client.created_ms, std::memory_order_relaxed);
  commands::acl::begin_session(loop.services(), client);
  loop.services().clients.add(client);
  loop.add(*session);
  session->admit();
}

void RespSession::admit() {
  SessionLimits& limits = loop_.limits();
  std::string_view refusal;
  const bool too_many =
      loop_.services().clients.size() > limits.clients_max.load(std::memory_order_relaxed);
  if (too_many)
    refusal = "-ERR max number of clients reached\r\n";
  else if (limits.protected_mode.load(std::memory_order_relaxed) &&
           loop_.services().users.find(commands::acl::default_user).user->needs_no_password &&
           !is_local(*socket_))
    refusal = protected_mode_text;
  if (refusal.empty()) return;
  limits.rejected.fetch_add(1, std::memory_order_relaxed);
  ending_ = true;
  // A handshake only to say this would be what too many clients cost, without a limit to it.
  if (too_many && socket_->is_tls()) return socket_->close_now();
  socket_->out().append(refusal);
  socket_->mark_dirty();
  socket_->close_after_flush();
}

void RespSession::on_data(std::span<const char> bytes) {
  if (ending_) return;
  const std::string_view received(bytes.data(), bytes.size());
  client_.last_active_ms.store(loop_.loop().now_ms(), std::memory_order_relaxed);
  note_output();
  client_.input_bytes_total.store(
      client_.input_bytes_total.load(std::memory_order_relaxed) + received.size(),
      std::memory_order_relaxed);
  if (input_.empty() && !postponed_ && !blocked_) {
    keep_rest(received.substr(execute(received)));
  } else {
    input_.append(received);
    if (!postponed_ && !blocked_) input_.consume(execute(input_.view()));
  }
  finish_input();
}

void RespSession::keep_rest(std::string_view rest) {
  if (rest.empty() || ending_) return;
  // A long argument that has begun gets all its room at once.
  input_.prepare(rest.size() + parser_.bytes_missing());
  input_.append(rest);
}

void RespSession::finish_input() {
  if (ending_) input_.release();
  if (input_.empty() && input_.capacity() > kept_input_bytes_max) input_.release();
  if (input_.size() > loop_.limits().query_buffer_bytes_max.load(std::memory_order_relaxed)) {
    base::log(base::LogLevel::warning,
              "Closing client that reached max query buffer length: id={} addr={}",
              client_.id,
              client_.address);
    socket_->close_now();
  }
  input_bytes_.store(input_.size(), std::memory_order_relaxed);
  if (!socket_->out().empty()) socket_->mark_dirty();
  if (is_over_limit(loop_.loop().now_ms())) socket_->close_now();
}

void RespSession::resume() {
  if (!postponed_ || ending_) return;
  postponed_ = false;
  client_.is_postponed.store(false, std::memory_order_relaxed);
  input_.consume(execute(input_.view()));
  finish_input();
}

void RespSession::resume_or_retry() {
  if (blocked_) return look_at_wait();
  resume();
}

void RespSession::begin_wait() {
  blocked_ = true;
  if (client_.unit != nullptr) return loop_.drive_scripts();
  const std::int64_t deadline_ms = client_.waiter->request.deadline_ms;
  if (deadline_ms == 0) return;
  const std::int64_t left_ms = std::max<std::int64_t>(deadline_ms - loop_.loop().now_ms(), 1);
  deadline_ = loop_.loop().after(std::chrono::milliseconds(left_ms), [this] { time_out(); });
}

void RespSession::time_out() {
  deadline_.reset();
  const std::uint64_t position = client_.log_position;
  if (loop_.executor().time_out(client_, socket_->out())) {
    if (client_.log_position != position) loop_.gate(*socket_, client_.log_position);
    return end_wait();
  }
  // Another loop is running the command at this moment.
  constexpr std::chrono::milliseconds again{1};
  deadline_ = loop_.loop().after(again, [this] { time_out(); });
}

void RespSession::look_at_wait() {
  if (closed_) {
    base::Buffer nobody;
    if (loop_.executor().go_on(client_, nobody)) end();
    return;
  }
  if (!blocked_ || ending_) return;
  loop_.executor().set_now(loop_.loop().now_ms());
  const std::uint64_t position = client_.log_position;
  if (!loop_.executor().go_on(client_, socket_->out())) return;
  if (client_.log_position != position) loop_.gate(*socket_, client_.log_position);
  end_wait();
}

void RespSession::end_wait() {
  blocked_ = false;
  if (deadline_) loop_.loop().cancel(*deadline_);
  deadline_.reset();
  socket_->mark_dirty();
  for (const commands::Invalidation& next : std::exchange(delayed_, {}))
    invalidate(next);
  client_.last_active_ms.store(loop_.loop().now_ms(), std::memory_order_relaxed);
  if (!postponed_) input_.consume(execute(input_.view()));
  finish_input();
}

std::size_t RespSession::execute(std::string_view input) {
  loop_.executor().set_now(loop_.loop().now_ms());
  const std::uint64_t position = client_.log_position;
  std::size_t done = 0;
  // What was changed before this input came is told before its replies.
  loop_.deliver_invalidations();
  while (done < input.size() && !ending_ && !postponed_ && !blocked_) {
    const std::size_t parsed = parse_batch(input.substr(done));
    done += run_batch();
    if (malformed_ && !ending_ && !postponed_ && !blocked_) protocol_error();
    if (parsed == 0) break;
  }
  if (client_.log_position != position) loop_.gate(*socket_, client_.log_position);
  return done;
}

std::size_t RespSession::parse_batch(std::string_view input) {
  CommandLoop::Scratch& scratch = loop_.scratch();
  scratch.arguments.clear();
  scratch.ends.clear();
  const resp::RequestParser::Limits limits{
      .bulk_bytes = loop_.services().settings.bulk_bytes_max.load(std::memory_order_relaxed),
      .authenticated = client_.authenticated.load(std::memory_order_relaxed)};
  std::size_t parsed = 0;
  while (scratch.ends.size() < batch_requests_max && parsed < input.size()) {
    const auto status = parser_.next(input.substr(parsed), limits, scratch.arguments);
    malformed_ = status == resp::RequestParser::Status::error;
    if (status != resp::RequestParser::Status::complete) break;
    parsed += parser_.consumed();
    scratch.ends.push_back({scratch.arguments.size(), parsed});
    // An inline request lives in the parser, and a client that has yet to authenticate may get
    // other limits with the next request: neither is read beyond.
    if (parser_.is_inline() || !limits.authenticated) break;
  }
  return parsed;
}

std::size_t RespSession::run_batch() {
  CommandLoop::Scratch& scratch = loop_.scratch();
  commands::Executor& executor = loop_.executor();
  scratch.requests.clear();
  std::size_t first = 0;
  for (const auto& end : scratch.ends) {
    commands::Request& request = scratch.requests.emplace_back();
    request.args = std::span(scratch.arguments).subspan(first, end.arguments - first);
    if (!request.args.empty()) executor.prepare(request);
    first = end.arguments;
  }
  if (scratch.requests.size() > 1)
    executor.prefetch(scratch.requests, client_.database.load(std::memory_order_relaxed));
  std::size_t done = 0;
  for (std::size_t i = 0; i < scratch.requests.size() && !ending_; ++i) {
    commands::Request& request = scratch.requests[i];
    if (is_http(request)) {
      refuse_http();
    } else if (!request.args.empty()) {
      switch (executor.execute(client_, request, socket_->out())) {
        case commands::Outcome::done:
          break;
        case commands::Outcome::postponed:
          postponed_ = true;
          client_.is_postponed.store(true, std::memory_order_relaxed);
          parser_.restart();
          loop_.wait_for_resume(*this);
          return done;
        case commands::Outcome::blocked:
          parser_.restart();
          begin_wait();
          return scratch.ends[i].bytes;
      }
    }
    loop_.deliver_invalidations();
    done = scratch.ends[i].bytes;
  }
  return done;
}

bool RespSession::is_http(const commands::Request& request) const {
  return request.command == nullptr && !request.args.empty() &&
         (base::equals_ignoring_case(request.args[0], "POST") ||
          base::equals_ignoring_case(request.args[0], "HOST:"));
}

void RespSession::protocol_error() {
  ending_ = true;
  base::log(base::LogLevel::verbose,
            "Protocol error ({}) from client: id={} addr={}",
            parser_.error(),
            client_.id,
            client_.address);
  resp::ReplyWriter writer(socket_->out(), client_.protocol.load(std::memory_order_relaxed));
  writer.error(std::string("ERR Protocol error: ") + std::string(parser_.error()));
  loop_.statistics().note_error("ERR");
  socket_->mark_dirty();
  socket_->close_after_flush();
}

void RespSession::refuse_http() {
  ending_ = true;
  base::log(
      base::LogLevel::warning,
      "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: "
      "commands to Duplex. This is likely due to an attacker attempting to use Cross Protocol "
      "Scripting to compromise your instance. Connection from {} aborted.",
      client_.address);
  socket_->close_now();
}

void RespSession::close_after_reply() {
  if (closed_) return;
  ending_ = true;
  client_.closing.store(true, std::memory_order_relaxed);
  socket_->mark_dirty();
  socket_->close_after_flush();
}

void RespSession::request_close() {
  loop_.close_client(client_.id);
}
void RespSession::request_resume() {
  loop_.resume_client(client_.id);
}

void RespSession::request_unblock() {
  loop_.unblock_client(client_.id);
}

void RespSession::request_user_check() {
  loop_.check_client_user(client_.id);
}

std::size_t RespSession::output_bytes() const {
  return output_bytes_.load(std::memory_order_relaxed);
}
std::size_t RespSession::input_bytes() const {
  return input_bytes_.load(std::memory_order_relaxed);
}

void RespSession::check_user() {
  if (ending_) return;
  if (!commands::acl::refresh(loop_.services(), client_)) socket_->close_now();
}

void RespSession::note_output() {
  output_bytes_.store(socket_->pending_output_bytes(), std::memory_order_relaxed);
  client_.output_bytes_total.store(socket_->bytes_sent(), std::memory_order_relaxed);
}

bool RespSession::is_over_limit(std::int64_t now_ms) {
  const std::size_t pending = socket_->pending_output_bytes();
  const OutputLimit& limit =
      client_.is_subscribed() ? loop_.limits().pubsub : loop_.limits().normal;
  const std::size_t hard = limit.hard_bytes.load(std::memory_order_relaxed);
  const std::size_t soft = limit.soft_bytes.load(std::memory_order_relaxed);
  if (soft == 0 || pending <= soft)
    over_soft_limit_since_ms_ = 0;
  else if (over_soft_limit_since_ms_ == 0)
    over_soft_limit_since_ms_ = now_ms;
  const bool over_soft = over_soft_limit_since_ms_ != 0 &&
                         now_ms - over_soft_limit_since_ms_ >
                             limit.soft_seconds.load(std::memory_order_relaxed) * 1000;
  if ((hard == 0 || pending <= hard) && !over_soft) return false;
  base::log(base::LogLevel::warning,
            "Client id={} addr={} closed for overcoming of output buffer limits ({} bytes).",
            client_.id,
            client_.address,
            pending);
  return true;
}

void RespSession::check_limits(std::int64_t now_ms) {
  if (closed_ || socket_->is_closing()) return;
  note_output();
  const std::int64_t idle_max = loop_.limits().idle_seconds_max.load(std::memory_order_relaxed);
  const std::int64_t idle_ms = now_ms - client_.last_active_ms.load(std::memory_order_relaxed);
  // Who only listens is not ended for silence.
  const bool listens =
      client_.is_subscribed() || client_.is_monitor.load(std::memory_order_relaxed);
  const bool idle = idle_max != 0 && !listens && !blocked_ && idle_ms > idle_max * 1000;
  if (idle) base::log(base::LogLevel::verbose, "Closing idle client");
  if (idle || is_over_limit(now_ms)) socket_->close_now();
}

void RespSession::on_closed(CloseReason reason) {
  if (deadline_) loop_.loop().cancel(*deadline_);
  deadline_.reset();
  loop_.forget(*socket_);
  if (client_.unit != nullptr && reason == CloseReason::loop_stopped)
    loop_.executor().abandon(*client_.unit);
  if (client_.unit == nullptr) return end();
  // Its script goes on to its end, as if the client was there.
  ending_ = true;
  closed_ = true;
}

void RespSession::end_with_loop() {
  if (!closed_) return;
  loop_.executor().abandon(*client_.unit);
  end();
}

void RespSession::end() {
  loop_.executor().forget(client_);
  loop_.remove(*this);
  loop_.services().clients.remove(client_);
  delete this;
}

}  // namespace duplex::net
