// Answers that a program gives.
#include "realtime/replies.h"

#include "base/random.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace duplex::realtime {

namespace {

constexpr std::string_view channel_prefix = "reply:";

std::string new_token() {
  std::array<unsigned char, 16> bytes;
  base::secure_random(bytes.data(), bytes.size());
  std::string token;
  for (const unsigned char byte : bytes)
    token += fmt::format("{:02x}", byte);
  return token;
}

}  // namespace

std::string reply_channel(std::string_view token) {
  return std::string(channel_prefix).append(token);
}

std::string write_answer(const Answer& answer) {
  if (answer) return "+" + *answer;
  return fmt::format("-{} {}", answer.error().code, answer.error().message);
}

Answer read_answer(std::string_view payload) {
  if (payload.starts_with('+')) return std::string(payload.substr(1));
  const std::size_t blank = payload.find(' ');
  Refusal refusal;
  std::from_chars(payload.data() + 1, payload.data() + blank, refusal.code);
  refusal.message = payload.substr(blank + 1);
  return std::unexpected(std::move(refusal));
}

Replies::Replies(pubsub::LoopSubscribers& subscribers, CallLater call_later)
    : subscribers_(subscribers), call_later_(std::move(call_later)) {}

Replies::~Replies() {
  for (const auto& [token, done] : waiting_)
    subscribers_.unsubscribe(*this, pubsub::Kind::control, reply_channel(token));
}

std::string Replies::expect(std::int64_t now_ms, Done done) {
  std::string token = new_token();
  subscribers_.subscribe(*this, pubsub::Kind::control, reply_channel(token));
  waiting_.emplace(token, std::move(done));
  due_.push_back({now_ms + reply_timeout_ms, token});
  arm(now_ms);
  return token;
}

void Replies::arm(std::int64_t now_ms) {
  if (due_.empty() || timer_due_ms_ != 0) return;
  timer_due_ms_ = due_.front().due_ms;
  call_later_(timer_due_ms_ - now_ms);
}

void Replies::forget(std::string_view token) {
  if (waiting_.erase(std::string(token)) != 0)
    subscribers_.unsubscribe(*this, pubsub::Kind::control, reply_channel(token));
}

void Replies::settle(std::int64_t now_ms) {
  for (auto& [token, answer] : std::exchange(answered_, {}))
    finish(token, std::move(answer));
  if (timer_due_ms_ <= now_ms) timer_due_ms_ = 0;
  while (!due_.empty() &&
         (due_.front().due_ms <= now_ms || !waiting_.contains(due_.front().token))) {
    const std::string token = std::move(due_.front().token);
    due_.pop_front();
    finish(token, std::unexpected(Refusal{100, "internal server error", true}));
  }
  arm(now_ms);
}

void Replies::finish(const std::string& token, Answer answer) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return;
  const Done done = std::move(found->second);
  forget(token);
  done(std::move(answer));
}

// Nothing may be unsubscribed here, so settle() does the rest.
void Replies::deliver(const pubsub::Message& message, std::string_view) {
  if (answered_.empty()) call_later_(0);
  answered_.emplace_back(message.channel().substr(channel_prefix.size()),
                         read_answer(message.payload()));
}

}  // namespace duplex::realtime
