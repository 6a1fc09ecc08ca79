// Pushes to clients that read more slowly than their channels are written to.
#include "ws/counters.h"
#include "ws/http_front.h"
#include "ws/json_session.h"

#include <algorithm>
#include <utility>

namespace duplex::ws {

namespace {

using realtime::SlowPolicy;

// More than this is not given to the socket: what it has cannot be taken back.
constexpr std::size_t socket_bytes_max = 256 * 1024;

SlowPolicy policy_of(const realtime::Authority& authority, std::string_view channel) {
  const realtime::ChannelRule* rule = authority.rules().find(channel);
  return rule == nullptr ? SlowPolicy::disconnect : rule->slow_policy();
}

}  // namespace

bool JsonSession::has_room() const {
  return waiting_.empty() && resyncs_.empty() && output_bytes() <= socket_bytes_max;
}

void JsonSession::let_wait(Kept push) {
  if (std::ranges::find(resyncs_, push.channel) != resyncs_.end()) return;
  const std::string channel = push.channel;
  if (policy_of(front().authority(), channel) == SlowPolicy::conflate) {
    const auto older = std::ranges::find(waiting_, channel, &Kept::channel);
    if (older != waiting_.end()) {
      waiting_bytes_ -= older->frame->size();
      waiting_.erase(older);
    }
  }
  waiting_bytes_ += push.frame->size();
  waiting_.push_back(std::move(push));
  notify_when_drained();
  if (queued_bytes() > front().options().output_bytes_max) make_room(channel);
}

void JsonSession::make_room(const std::string& channel) {
  const SlowPolicy policy = policy_of(front().authority(), channel);
  if (policy == SlowPolicy::resync) return begin_resync(channel);
  while (policy == SlowPolicy::drop_oldest && queued_bytes() > front().options().output_bytes_max) {
    const auto oldest = std::ranges::find(waiting_, channel, &Kept::channel);
    if (oldest == waiting_.end()) break;
    waiting_bytes_ -= oldest->frame->size();
    waiting_.erase(oldest);
  }
  if (queued_bytes() <= front().options().output_bytes_max) return;
  Counters::add(front().counters().slow_disconnects);
  close(disconnects::slow);
}

// The subscription must not end while a message is being delivered.
void JsonSession::begin_resync(const std::string& channel) {
  std::erase_if(waiting_, [&](const Kept& waiting) {
    if (waiting.channel != channel) return false;
    waiting_bytes_ -= waiting.frame->size();
    return true;
  });
  resyncs_.push_back(channel);
  front().loop().post([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) finish_resyncs();
  });
}

void JsonSession::finish_resyncs() {
  constexpr unsigned insufficient_state = 2500;
  for (const std::string& channel : std::exchange(resyncs_, {}))
    end_subscription(channel, insufficient_state, "insufficient state");
  on_output_drained();
}

void JsonSession::on_output_drained() {
  while (!waiting_.empty() && output_bytes() <= socket_bytes_max && is_open()) {
    Kept push = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= push.frame->size();
    wait_for_log(push.log_position);
    send_push(std::move(push.frame));
  }
  if (!waiting_.empty() && is_open()) notify_when_drained();
}

}  // namespace duplex::ws
