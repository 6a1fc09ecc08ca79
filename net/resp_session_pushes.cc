// What a RESP session is sent without having asked: messages, and what its client has to forget.
#include "net/message_encoding.h"
#include "net/resp_session.h"

#include <utility>

namespace duplex::net {

using commands::Invalidation;

void RespSession::deliver(const pubsub::Message& message, std::string_view pattern) {
  if (ending_) return;
  if (message.kind() == pubsub::Kind::monitor && client_.reply_mode != commands::ReplyMode::on)
    return;
  const resp::Protocol protocol = client_.protocol.load(std::memory_order_relaxed);
  const pubsub::Form form =
      protocol == resp::Protocol::resp3 ? pubsub::Form::resp3 : pubsub::Form::resp2;
  socket_->append_shared(message.encoded(
      form, pattern, [protocol](const pubsub::Message& m, std::string_view matched) {
        return encode_message(m, matched, protocol);
      }));
  pushed();
}

void RespSession::pushed() {
  socket_->mark_dirty();
  if (is_over_limit(loop_.loop().now_ms())) socket_->close_now();
}

bool RespSession::wants(const Invalidation& invalidation) const {
  const std::uint8_t mode = client_.tracking.load(std::memory_order_relaxed);
  switch (invalidation.source) {
    case Invalidation::Source::redirected:
      return true;
    case Invalidation::Source::flush:
      return mode != 0;
    case Invalidation::Source::prefix:
      return (mode & commands::tracking::broadcast) != 0;
    case Invalidation::Source::read_key:
      break;
  }
  if (mode == 0 || (mode & commands::tracking::broadcast) != 0) return false;
  return (mode & commands::tracking::no_loop) == 0 || invalidation.during != client_.id;
}

void RespSession::invalidate(const Invalidation& invalidation) {
  if (ending_ || !wants(invalidation)) return;
  if (blocked_ && client_.unit != nullptr) {
    delayed_.push_back(invalidation);
    return;
  }
  if (invalidation.source != Invalidation::Source::redirected &&
      client_.tracking_redirect.load(std::memory_order_relaxed) != 0)
    redirect(invalidation);
  else
    push_invalidation(invalidation);
}

void RespSession::redirect(Invalidation invalidation) {
  const std::uint64_t target = client_.tracking_redirect.load(std::memory_order_relaxed);
  std::size_t to = 0;
  const bool is_there = loop_.services().clients.with(
      target, [&](const commands::Client& client) { to = client.loop; });
  if (!is_there) return push_broken_redirect();
  if (!invalidation.keys)
    invalidation.keys = encoded_flush(client_.protocol.load(std::memory_order_relaxed));
  invalidation.source = Invalidation::Source::redirected;
  invalidation.client = target;
  loop_.services().tracking.send(loop_.loop().index(), to, std::move(invalidation));
}

void RespSession::push_broken_redirect() {
  client_.tracking.fetch_or(commands::tracking::broken_redirect, std::memory_order_relaxed);
  if (client_.protocol.load(std::memory_order_relaxed) == resp::Protocol::resp2) return;
  resp::ReplyWriter writer(socket_->out(), resp::Protocol::resp3);
  writer.push(2);
  writer.bulk("tracking-redir-broken");
  writer.integer(
      static_cast<std::int64_t>(client_.tracking_redirect.load(std::memory_order_relaxed)));
  pushed();
}

void RespSession::push_invalidation(const Invalidation& invalidation) {
  const resp::Protocol protocol = client_.protocol.load(std::memory_order_relaxed);
  resp::ReplyWriter writer(socket_->out(), protocol);
  if (protocol == resp::Protocol::resp3) {
    writer.push(2);
    writer.bulk("invalidate");
  } else if (invalidation.source == Invalidation::Source::redirected && client_.is_subscribed()) {
    writer.push(3);
    writer.bulk("message");
    writer.bulk("__redis__:invalidate");
  } else {
    // RESP2 knows no news outside of subscriptions.
    return;
  }
  socket_->append_shared(invalidation.keys ? invalidation.keys : encoded_flush(protocol));
  pushed();
}

}  // namespace duplex::net
