// Commands in, one JSON body out.
#include "ws/rest_exchange.h"

#include "resp/reply_value.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace duplex::ws {

namespace {

HttpResponse with_body(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

void RestExchange::start(RestWork work, Respond respond) {
  std::make_shared<RestExchange>(std::move(work), std::move(respond))->go_on();
}

RestExchange::RestExchange(RestWork work, Respond respond)
    : work_(std::move(work)), respond_(std::move(respond)) {
  if (work_.form == RestForm::transaction) commands_.push_back({"MULTI"});
  std::ranges::move(work_.commands, std::back_inserter(commands_));
  if (work_.form == RestForm::transaction) commands_.push_back({"EXEC"});
}

// Commands that answer at once are taken in a loop, so that many of them need no deep stack.
void RestExchange::go_on() {
  is_asking_ = true;
  while (next_ < commands_.size() && !has_failed_) {
    const std::size_t asked = next_;
    const RestCommand& command = commands_[asked];
    const std::vector<std::string_view> words(command.begin(), command.end());
    work_.session->run(
        words, [self = shared_from_this()](realtime::Ran ran) { self->take(std::move(ran)); });
    if (next_ == asked && !has_failed_) {
      is_asking_ = false;
      return;
    }
  }
  is_asking_ = false;
  if (!has_failed_) finish();
}

void RestExchange::take(realtime::Ran ran) {
  log_position_ = std::max(log_position_, ran.log_position);
  std::string_view bytes = ran.reply;
  const auto value = resp::read_reply(bytes);
  if (!value) return fail(500, "ERR the reply cannot be shown");
  const bool is_last = next_ + 1 == commands_.size();
  if (work_.form == RestForm::transaction && is_last) {
    // EXEC: the results of all, or why there are none.
    if (value->is_error()) return fail(400, value->text);
    for (const resp::ReplyValue& element : value->elements)
      replies_.push_back(rest_reply(element, work_.encoding));
  } else if (work_.form == RestForm::single && value->is_error()) {
    return fail(400, value->text);
  } else if (work_.form != RestForm::transaction) {
    replies_.push_back(rest_reply(*value, work_.encoding));
  }
  ++next_;
  if (!is_asking_) go_on();
}

void RestExchange::finish() {
  std::string body;
  if (work_.form == RestForm::single) {
    body = std::move(replies_.at(0));
  } else {
    for (const std::string& reply : replies_)
      body += (body.empty() ? '[' : ',') + reply;
    body += body.empty() ? "[]" : "]";
  }
  HttpResponse response = with_body(200, std::move(body));
  response.log_position = log_position_;
  respond_(std::move(response));
}

void RestExchange::fail(unsigned status, std::string_view error) {
  has_failed_ = true;
  HttpResponse response = with_body(status, rest_error(error));
  response.log_position = log_position_;
  respond_(std::move(response));
}

}  // namespace duplex::ws
