// HTTP by Beast over the loop's stream. The only file that includes Beast's HTTP.
#include "ws/http_session.h"

#include "ws/http_front.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::ws {

namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

HttpRequest request_of(const http::request<http::string_body>& message) {
  HttpRequest request;
  request.method = view(message.method_string());
  request.target = view(message.target());
  request.body = message.body();
  request.is_http_1_1 = message.version() == 11;
  for (const auto& field : message)
    request.fields.push_back({view(field.name_string()), view(field.value())});
  return request;
}

// What a request that cannot be read is answered with; nothing if the connection is gone.
std::optional<HttpResponse> answer_to(const ErrorCode& error) {
  if (error == http::error::header_limit) return http_error(431, "the header is too long");
  if (error == http::error::body_limit) return http_error(413, "the body is too long");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == make_error_code(http::error::bad_method).category())
    return http_error(400, "this is not HTTP");
  return std::nullopt;
}

// What a session takes along to another loop.
struct Unanswered {
  std::string peer;
  bool is_tls;
  boost::beast::flat_buffer buffer;
  std::unique_ptr<Parser> parser;
};

class BeastSession final : public HttpSession {
 public:
  BeastSession(HttpFront& front, net::Descriptor connected, const net::TlsContext* tls)
      : front_(&front),
        stream_(front.loop(), std::move(connected), tls),
        peer_(stream_.socket().peer_address()),
        is_tls_(tls != nullptr) {
    front.add(*this);
  }
  // One that comes from another loop with a request that is to be answered.
  BeastSession(HttpFront& front, net::Departed departed, Unanswered unanswered)
      : front_(&front),
        stream_(front.loop(), std::move(departed)),
        peer_(std::move(unanswered.peer)),
        is_tls_(unanswered.is_tls),
        buffer_(std::move(unanswered.buffer)),
        parser_(std::move(unanswered.parser)) {
    front.add(*this);
  }
  ~BeastSession() override { leave(true); }

  void read();
  void answer();
  void respond(HttpResponse response, bool close);
  void respond_when_logged(HttpResponse response);
  void close_if_idle() override;
  void forget_front() override { front_ = nullptr; }

 private:
  void on_read(const ErrorCode& error);
  void on_written(const ErrorCode& error);
  void on_timeout();
  void hand_over(const Upgrade& upgrade);
  void watch(std::function<void()> on_abandoned);
  void on_peer_gone(const std::function<void()>& on_abandoned);
  void move_to(std::size_t loop);
  void end();
  void leave(bool connection_ends);
  void start_timer();
  void stop_timer();

  std::shared_ptr<BeastSession> self() {
    return std::static_pointer_cast<BeastSession>(shared_from_this());
  }

  HttpFront* front_;  // nullptr when the session has ended, or outlives the front
  net::Stream stream_;
  const std::string peer_;
  const bool is_tls_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<Parser> parser_;
  http::response<http::string_body> response_;
  net::TimerId timer_ = 0;
  bool reading_ = false;
  bool responded_ = false;  // to the current request
};

void BeastSession::read() {
  parser_ = std::make_unique<Parser>();
  parser_->header_limit(front_->options().header_bytes_max);
  parser_->body_limit(front_->options().body_bytes_max);
  reading_ = true;
  responded_ = false;
  start_timer();
  http::async_read(
      stream_, buffer_, *parser_, [self = self()](const ErrorCode& error, std::size_t) {
        self->on_read(error);
      });
  front_->loop().poll_asio_soon();
}

void BeastSession::on_read(const ErrorCode& error) {
  reading_ = false;
  if (front_ == nullptr || responded_) return;
  stop_timer();
  if (!error) return answer();
  if (auto response = answer_to(error)) return respond(std::move(*response), true);
  end();
}

void BeastSession::answer() {
  Counters::add(front_->counters().requests);
  HttpRequest request = request_of(parser_->get());
  request.peer = peer_;
  request.is_tls = is_tls_;
  Routed routed = front_->router().route(request, *front_, [self = self()](HttpResponse response) {
    if (self->front_ != nullptr) self->respond_when_logged(std::move(response));
  });
  if (auto* response = std::get_if<HttpResponse>(&routed)) {
    respond_when_logged(std::move(*response));
  } else if (auto* upgrade = std::get_if<Upgrade>(&routed)) {
    hand_over(*upgrade);
  } else if (const auto* move = std::get_if<MoveTo>(&routed)) {
    move_to(move->loop);
  } else if (auto* deferred = std::get_if<Deferred>(&routed);
             deferred != nullptr && deferred->on_abandoned) {
    watch(std::move(deferred->on_abandoned));
  }
}

void BeastSession::respond_when_logged(HttpResponse response) {
  if (response.log_position == 0 || front_->log() == nullptr)
    return respond(std::move(response), false);
  front_->log()->when_written(response.log_position,
                              [self = self(), response = std::move(response)]() mutable {
                                if (self->front_ != nullptr)
                                  self->respond(std::move(response), false);
                              });
}

// Until the response comes, the peer's end of input counts as its going away.
void BeastSession::watch(std::function<void()> on_abandoned) {
  stream_.notify_when_ended(
      [weak = std::weak_ptr<HttpSession>(weak_from_this()), tell = std::move(on_abandoned)] {
        const auto session = std::static_pointer_cast<BeastSession>(weak.lock());
        if (session != nullptr) session->on_peer_gone(tell);
      });
}

void BeastSession::on_peer_gone(const std::function<void()>& on_abandoned) {
  if (front_ == nullptr || responded_) return;
  end();
  on_abandoned();
}

void BeastSession::respond(HttpResponse response, bool close) {
  responded_ = true;
  stream_.notify_when_ended(nullptr);
  const bool is_head =
      parser_ && parser_->is_header_done() && parser_->get().method() == http::verb::head;
  const bool keep_alive = !close && !front_->is_shutting_down() && parser_->get().keep_alive();
  response_ = {};
  response_.version(11);
  response_.result(response.status);
  response_.reason({reason_phrase(response.status).data(), reason_phrase(response.status).size()});
  response_.set(http::field::server, "Duplex");
  for (const auto& [name, value] : response.fields)
    response_.set(boost::beast::string_view(name.data(), name.size()), value);
  const std::string_view content = response.content();
  if (response.status != 304) {
    response_.set(
        http::field::content_type,
        boost::beast::string_view(response.content_type.data(), response.content_type.size()));
    response_.content_length(content.size());
  }
  if (!is_head) response_.body().assign(content);
  response_.keep_alive(keep_alive);
  start_timer();
  http::async_write(stream_, response_, [self = self()](const ErrorCode& error, std::size_t) {
    self->on_written(error);
  });
  front_->loop().poll_asio_soon();
}

void BeastSession::on_written(const ErrorCode& error) {
  if (front_ == nullptr) return;
  stop_timer();
  if (error || !response_.keep_alive() || front_->is_shutting_down()) return end();
  read();
}

void BeastSession::hand_over(const Upgrade& upgrade) {
  if (!stream_.is_open()) return end();
  if (front_->is_full()) return respond(http_error(503, "too many clients"), true);
  ConnectionLimits::Place place;
  if (!front_->enter_address(peer_, place))
    return respond(http_error(429, "too many connections from this address"), true);
  stream_.socket().out().append(upgrade.response);
  stream_.socket().mark_dirty();
  HttpFront& front = *front_;
  leave(false);  // the connection goes on
  Takeover& takeover = front.add(upgrade.make(front), std::move(place));
  net::Socket* socket = stream_.hand_over(takeover);
  if (socket == nullptr) return front.remove(takeover);
  const auto rest = buffer_.data();
  if (rest.size() != 0)
    socket->unread(std::span(static_cast<const char*>(rest.data()), rest.size()));
  takeover.start(*socket);
}

void BeastSession::move_to(std::size_t loop) {
  HttpFront& target = front_->front_of(loop);
  leave(false);
  stream_.depart([self = self(), &target](std::optional<net::Departed> departed) {
    if (!departed) return Counters::subtract(target.counters().connections);
    target.loop().post([&target,
                        departed = std::move(*departed),
                        unanswered = Unanswered{self->peer_,
                                                self->is_tls_,
                                                std::move(self->buffer_),
                                                std::move(self->parser_)}]() mutable {
      std::make_shared<BeastSession>(target, std::move(departed), std::move(unanswered))->answer();
    });
  });
}

// A request that has begun to arrive gets an answer; a connection that only waits does not.
void BeastSession::on_timeout() {
  timer_ = 0;
  if (!reading_ || !parser_->got_some()) return end();
  respond(http_error(408, "the request took too long to arrive"), true);
}

void BeastSession::close_if_idle() {
  if (reading_ && !parser_->got_some()) end();
}

void BeastSession::end() {
  if (stream_.is_open()) stream_.shut_down_detached();
  leave(true);
}

// The front need not know this session any more.
void BeastSession::leave(bool connection_ends) {
  if (front_ == nullptr) return;
  stop_timer();
  if (connection_ends) Counters::subtract(front_->counters().connections);
  front_->remove(*this);
  front_ = nullptr;
}

void BeastSession::start_timer() {
  stop_timer();
  timer_ = front_->loop().after(std::chrono::milliseconds(front_->options().request_timeout_ms),
                                [weak = std::weak_ptr<HttpSession>(weak_from_this())] {
                                  const auto session =
                                      std::static_pointer_cast<BeastSession>(weak.lock());
                                  if (session != nullptr && session->front_ != nullptr)
                                    session->on_timeout();
                                });
}

void BeastSession::stop_timer() {
  if (timer_ != 0) front_->loop().cancel(std::exchange(timer_, 0));
}

}  // namespace

void HttpSession::start(HttpFront& front,
                        net::Descriptor connected,
                        const net::TlsContext* tls,
                        bool refuse) {
  const auto session = std::make_shared<BeastSession>(front, std::move(connected), tls);
  if (refuse)
    session->respond(http_error(503, "too many connections"), true);
  else
    session->read();
}

}  // namespace duplex::ws
