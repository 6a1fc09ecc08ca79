// Subscribing, catching up, and passing on.
#include "ws/sse_session.h"

#include "base/clock.h"
#include "base/random.h"
#include "pubsub/message.h"
#include "realtime/control.h"
#include "realtime/history_page.h"
#include "realtime/json_text.h"
#include "ws/counters.h"
#include "ws/http_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace duplex::ws {

namespace {

// Browsers wait this long before they come back, ...
constexpr unsigned retry_ms = 2000;
// ... and up to this much longer when the server stops, so that they do not come all at once.
constexpr unsigned retry_spread_ms = 5000;
// Publications that a reader can have missed and still gets; more count as lost.
constexpr std::uint64_t replay_max = 300;

constexpr std::string_view heartbeat = ":\n\n";

std::uint64_t epoch_of(const realtime::Position& position) {
  return position.epoch.empty() ? 0 : std::stoull(position.epoch);
}

}  // namespace

SseSession::SseSession(HttpFront& front, SseRequest request)
    : front_(front), identity_(std::move(request.identity)) {
  for (std::string& channel : request.channels) {
    const auto known = std::ranges::find(request.positions, channel, &SsePosition::channel);
    positions_.push_back(known == request.positions.end() ? SsePosition{.channel = channel}
                                                          : *known);
  }
  if (!identity_->user.empty())
    control_channels_.push_back(realtime::control_of_user(identity_->user));
  if (!identity_->token_id.empty())
    control_channels_.push_back(realtime::control_of_token(identity_->token_id));
}

SseSession::~SseSession() {
  front_.loop().cancel(expiry_);
}

void SseSession::start(net::Socket& socket) {
  socket_ = &socket;
  socket_->out().append(fmt::format("retry: {}\n\n", retry_ms));
  for (const SsePosition& position : positions_) {
    front_.subscribers().subscribe(*this, pubsub::Kind::channel, position.channel);
    Counters::add(front_.counters().subscriptions);
  }
  for (const std::string& channel : control_channels_)
    front_.subscribers().subscribe(*this, pubsub::Kind::control, channel);
  for (SsePosition& position : positions_)
    catch_up(position);
  // An event without data is none, but its id counts: it is known where to begin.
  end_event();
  limit_output();
  front_.set_deadline(*this, DeadlineKind::ping);
  if (identity_->expires_s == 0) return;
  const std::int64_t left_ms =
      std::max<std::int64_t>(identity_->expires_s * 1000 - base::wall_ms(), 0);
  expiry_ = front_.loop().after(std::chrono::milliseconds(left_ms), [this] {
    expiry_ = 0;
    socket_->close_after_flush();
  });
}

void SseSession::catch_up(SsePosition& position) {
  const bool goes_on = position.epoch != 0;
  const realtime::Position since{.epoch = std::to_string(position.epoch),
                                 .offset = position.offset};
  realtime::HistoryQuery query{.since = {}, .limit = goes_on ? replay_max : 0, .make = true};
  if (goes_on) query.since = since;
  const auto page =
      realtime::read_history(front_.commands(), realtime::RunAs::server, position.channel, query);
  if (!page) return;
  position.epoch = epoch_of(page->top);
  wait_for_log(page->log_position);
  if (goes_on && !page->is_complete_since(since)) {
    position.offset = page->top.offset;
    return send_lost(position.channel);
  }
  for (const realtime::PastPublication& publication : page->publications) {
    position.offset = publication.offset;
    socket_->out().append(encode_event(position.channel, publication.data));
    end_event();
  }
  position.offset = page->top.offset;
}

void SseSession::send_lost(std::string_view channel) {
  std::string data = R"({"channel":)";
  realtime::append_json_string(data, channel);
  data += '}';
  socket_->out().append(encode_event("rt:lost", data));
  end_event();
}

// The id is this reader's own, what stands before it is everybody's.
void SseSession::end_event() {
  const std::string id = encode_positions(positions_);
  if (!id.empty()) socket_->out().append(fmt::format("id: {}\n", id));
  socket_->out().append("\n");
  socket_->mark_dirty();
}

SsePosition& SseSession::position_of(std::string_view channel) {
  return *std::ranges::find(positions_, channel, &SsePosition::channel);
}

void SseSession::deliver(const pubsub::Message& message, std::string_view) {
  if (socket_->is_closing()) return;
  if (message.kind() == pubsub::Kind::control) return obey(message.payload());
  const pubsub::Publication& publication = message.publication();
  if (publication.offset != 0) {
    SsePosition& position = position_of(message.channel());
    if (publication.epoch == position.epoch && publication.offset <= position.offset) return;
    position.epoch = publication.epoch;
    position.offset = publication.offset;
  }
  wait_for_log(publication.log_position);
  Counters::add(front_.counters().pushes);
  socket_->append_shared(shared_event(message));
  end_event();
  limit_output();
}

void SseSession::obey(std::string_view order) {
  const auto control = realtime::read_control(order);
  if (!control) return;
  const bool ends =
      control->what == realtime::Control::What::disconnect ||
      (control->what == realtime::Control::What::revoke && identity_->issued_s <= control->number);
  if (ends) socket_->close_after_flush();
}

void SseSession::wait_for_log(std::uint64_t position) {
  if (position != 0 && front_.log() != nullptr) front_.log()->gate(*socket_, position);
}

void SseSession::limit_output() {
  if (socket_->pending_output_bytes() <= front_.options().output_bytes_max) return;
  Counters::add(front_.counters().slow_disconnects);
  socket_->close_now();
}

// Nothing is expected from the page.
void SseSession::on_data(std::span<const char>) {}

void SseSession::on_deadline(DeadlineKind) {
  socket_->out().append(heartbeat);
  socket_->mark_dirty();
  front_.set_deadline(*this, DeadlineKind::ping);
}

void SseSession::begin_shutdown() {
  base::Random random(static_cast<std::uint64_t>(base::steady_us()));
  socket_->out().append(fmt::format("retry: {}\n\n", retry_ms + random.below(retry_spread_ms)));
  socket_->close_after_flush();
}

void SseSession::on_closed(net::CloseReason) {
  if (front_.log() != nullptr) front_.log()->forget(*socket_);
  for (const SsePosition& position : positions_) {
    front_.subscribers().unsubscribe(*this, pubsub::Kind::channel, position.channel);
    Counters::subtract(front_.counters().subscriptions);
  }
  for (const std::string& channel : control_channels_)
    front_.subscribers().unsubscribe(*this, pubsub::Kind::control, channel);
  front_.remove(*this);
}

}  // namespace duplex::ws
