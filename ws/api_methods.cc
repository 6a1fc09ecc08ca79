// Parameters to commands, and replies to results.
#include "ws/api_methods.h"

#include "base/utf8.h"
#include "realtime/history_page.h"
#include "realtime/json_text.h"
#include "resp/reply_value.h"
#include "ws/json_publication.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace duplex::ws {

namespace {

namespace json = boost::json;

using realtime::CommandRunner;
using realtime::RunAs;
using resp::ReplyValue;

constexpr std::size_t broadcast_channels_max = 10'000;
constexpr std::uint64_t history_max = 10'000;  // publications in one answer

ApiError bad_request(std::string_view why) {
  return {.code = 107, .message = fmt::format("bad request: {}", why)};
}

// Why a command was not carried out, for the program that asked for it.
ApiError error_of(std::string_view text) {
  const std::string_view code = text.substr(0, text.find(' '));
  if (code == "OOM" || code == "MISCONF" || code == "LOADING" || code == "BUSY" || code == "PAUSED")
    return {.status = 503, .code = 100, .message = std::string(text)};
  if (text.starts_with("ERR unknown command")) return {.code = 108, .message = "not available"};
  return {.code = 100, .message = std::string(base::is_utf8(text) ? text : "internal error")};
}

struct Answer {
  ReplyValue value;
  std::uint64_t log_position;
};

std::expected<Answer, ApiError> run(CommandRunner& commands,
                                    std::span<const std::string_view> words) {
  const realtime::Ran ran = commands.run(words, RunAs::server);
  std::string_view bytes = ran.reply;
  auto value = resp::read_reply(bytes);
  if (!value) return std::unexpected(ApiError{.code = 100, .message = "internal server error"});
  if (value->is_error()) return std::unexpected(error_of(value->text));
  return Answer{std::move(*value), ran.log_position};
}

// A parameter that has to be there and must not be empty.
std::expected<std::string_view, ApiError> text_of(const json::object& parameters,
                                                  std::string_view name) {
  const json::value* value = parameters.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->empty())
    return std::unexpected(bad_request(fmt::format("{} has to be a text", name)));
  return std::string_view(text->data(), text->size());
}

// What is published: the data byte for byte, and the tags.
struct Published {
  std::string_view data;
  std::string_view tags;
};

std::expected<Published, ApiError> published_of(const ApiRequest& request) {
  const auto data = realtime::json_member(request.text, "data");
  if (!data) return std::unexpected(bad_request("data is missing"));
  Published published{.data = *data, .tags = {}};
  if (const json::value* tags = request.parameters.if_contains("tags")) {
    if (!tags->is_object()) return std::unexpected(bad_request("tags has to be an object"));
    published.tags = realtime::json_member(request.text, "tags").value_or(std::string_view());
  }
  return published;
}

ApiOutcome publish_on(CommandRunner& commands,
                      std::string_view channel,
                      const Published& published) {
  std::vector<std::string_view> words = {"RT.PUBLISH", channel, published.data};
  if (!published.tags.empty()) words.insert(words.end(), {"TAGS", published.tags});
  auto answer = run(commands, words);
  if (!answer) return std::unexpected(std::move(answer.error()));
  const ReplyValue* epoch = answer->value.find("epoch");
  const ReplyValue* offset = answer->value.find("offset");
  ApiResult result{.json = "{}", .log_position = answer->log_position};
  if (epoch != nullptr && offset != nullptr && !epoch->text.empty())
    result.json = fmt::format(R"({{"offset":{},"epoch":"{}"}})", offset->integer, epoch->text);
  return result;
}

ApiOutcome publish(const ApiRequest& request, CommandRunner& commands) {
  const auto channel = text_of(request.parameters, "channel");
  if (!channel) return std::unexpected(channel.error());
  const auto published = published_of(request);
  if (!published) return std::unexpected(published.error());
  return publish_on(commands, *channel, *published);
}

ApiOutcome broadcast(const ApiRequest& request, CommandRunner& commands) {
  const json::value* given = request.parameters.if_contains("channels");
  const json::array* channels = given == nullptr ? nullptr : given->if_array();
  if (channels == nullptr || channels->empty() || channels->size() > broadcast_channels_max)
    return std::unexpected(bad_request("channels has to be an array of 1 to 10000 texts"));
  for (const json::value& channel : *channels)
    if (!channel.is_string() || channel.as_string().empty())
      return std::unexpected(bad_request("channels has to be an array of texts"));
  const auto published = published_of(request);
  if (!published) return std::unexpected(published.error());
  ApiResult result{.json = R"({"responses":[)"};
  for (const json::value& channel : *channels) {
    const auto outcome = publish_on(commands, std::string_view(channel.as_string()), *published);
    if (result.json.back() != '[') result.json += ',';
    if (outcome) {
      result.json += fmt::format(R"({{"result":{}}})", outcome->json);
      result.log_position = std::max(result.log_position, outcome->log_position);
    } else {
      result.json += fmt::format(R"({{"error":{}}})", api_error_json(outcome.error()));
    }
  }
  result.json += "]}";
  return result;
}

// A whole number; `missing` if there is none.
std::expected<std::int64_t, ApiError> number_of(const json::object& parameters,
                                                std::string_view name,
                                                std::int64_t missing) {
  const json::value* value = parameters.if_contains(name);
  if (value == nullptr) return missing;
  if (const std::int64_t* number = value->if_int64()) return *number;
  return std::unexpected(bad_request(fmt::format("{} has to be a whole number", name)));
}

// As Centrifugo has it: no limit means the position alone, -1 means everything.
ApiOutcome history(const ApiRequest& request, CommandRunner& commands) {
  const auto channel = text_of(request.parameters, "channel");
  if (!channel) return std::unexpected(channel.error());
  const auto limit = number_of(request.parameters, "limit", 0);
  if (!limit) return std::unexpected(limit.error());
  const json::value* reverse = request.parameters.if_contains("reverse");
  realtime::HistoryQuery query{
      .since = {},
      .limit = *limit < 0 ? history_max : std::min(static_cast<std::uint64_t>(*limit), history_max),
      .reverse = reverse != nullptr && reverse->is_bool() && reverse->as_bool()};
  if (const json::value* since = request.parameters.if_contains("since")) {
    const json::object* object = since->if_object();
    if (object == nullptr) return std::unexpected(bad_request("since has to be an object"));
    const auto epoch = text_of(*object, "epoch");
    if (!epoch) return std::unexpected(epoch.error());
    const auto offset = number_of(*object, "offset", 0);
    if (!offset || *offset < 0) return std::unexpected(bad_request("since.offset is wrong"));
    query.since = {std::string(*epoch), static_cast<std::uint64_t>(*offset)};
  }
  const auto page = realtime::read_history(commands, RunAs::server, *channel, query);
  if (!page) return std::unexpected(ApiError{.code = 100, .message = "internal server error"});
  if (page->top.epoch.empty())
    return std::unexpected(ApiError{.code = 108, .message = "not available"});
  ApiResult result{.json = R"({"publications":[)", .log_position = page->log_position};
  for (const realtime::PastPublication& publication : page->publications) {
    if (result.json.back() != '[') result.json += ',';
    append_publication(result.json,
                       {.data = publication.data,
                        .offset = publication.offset,
                        .info = publication.info,
                        .tags = publication.tags});
  }
  result.json += fmt::format(R"(],"offset":{},"epoch":"{}"}})", page->top.offset, page->top.epoch);
  return result;
}

ApiOutcome presence(const ApiRequest& request, CommandRunner& commands) {
  const auto channel = text_of(request.parameters, "channel");
  if (!channel) return std::unexpected(channel.error());
  auto answer = run(commands, std::array<std::string_view, 2>{"RT.PRESENCE", *channel});
  if (!answer) return std::unexpected(std::move(answer.error()));
  ApiResult result{.json = R"({"presence":{)", .log_position = 0};
  for (const ReplyValue& who : answer->value.elements) {
    const auto& parts = who.elements;  // client, user, info, since
    if (result.json.back() != '{') result.json += ',';
    realtime::append_json_string(result.json, parts.at(0).text);
    result.json += R"(:{"client":)";
    realtime::append_json_string(result.json, parts.at(0).text);
    result.json += R"(,"user":)";
    realtime::append_json_string(result.json, parts.at(1).text);
    if (!parts.at(2).is_null()) {
      result.json += R"(,"conn_info":)";
      realtime::append_json_in_one_line(result.json, parts.at(2).text);
    }
    result.json += '}';
  }
  result.json += "}}";
  return result;
}

ApiOutcome presence_stats(const ApiRequest& request, CommandRunner& commands) {
  const auto channel = text_of(request.parameters, "channel");
  if (!channel) return std::unexpected(channel.error());
  auto answer = run(commands, std::array<std::string_view, 2>{"RT.PRESENCE.STATS", *channel});
  if (!answer) return std::unexpected(std::move(answer.error()));
  const ReplyValue* clients = answer->value.find("clients");
  const ReplyValue* users = answer->value.find("users");
  if (clients == nullptr || users == nullptr)
    return std::unexpected(ApiError{.code = 100, .message = "internal server error"});
  return ApiResult{.json = fmt::format(
                       R"({{"num_clients":{},"num_users":{}}})", clients->integer, users->integer)};
}

ApiOutcome channels(const ApiRequest& request, CommandRunner& commands) {
  std::vector<std::string_view> words = {"RT.CHANNELS"};
  if (request.parameters.contains("pattern")) {
    const auto pattern = text_of(request.parameters, "pattern");
    if (!pattern) return std::unexpected(pattern.error());
    words.push_back(*pattern);
  }
  auto answer = run(commands, words);
  if (!answer) return std::unexpected(std::move(answer.error()));
  ApiResult result{.json = R"({"channels":{)"};
  const auto& pairs = answer->value.elements;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    // A name that JSON cannot write cannot be asked for here either.
    if (!base::is_utf8(pairs[i].text)) continue;
    if (result.json.back() != '{') result.json += ',';
    realtime::append_json_string(result.json, pairs[i].text);
    result.json += fmt::format(R"(:{{"num_clients":{}}})", pairs[i + 1].integer);
  }
  result.json += "}}";
  return result;
}

// Carries out what has no result.
ApiOutcome tell(CommandRunner& commands, std::span<const std::string_view> words) {
  auto answer = run(commands, words);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return ApiResult{.json = "{}", .log_position = answer->log_position};
}

ApiOutcome disconnect(const ApiRequest& request, CommandRunner& commands) {
  const json::object& parameters = request.parameters;
  const bool is_client = parameters.contains("client");
  const auto id = text_of(parameters, is_client ? "client" : "user");
  if (!id) return std::unexpected(id.error());
  std::vector<std::string_view> words = {"RT.DISCONNECT", is_client ? "CLIENT" : "USER", *id};
  std::string code;
  if (const json::value* given = parameters.if_contains("disconnect")) {
    const json::object* object = given->if_object();
    if (object == nullptr) return std::unexpected(bad_request("disconnect has to be an object"));
    const auto number = number_of(*object, "code", 3000);
    if (!number) return std::unexpected(number.error());
    code = std::to_string(*number);
    words.push_back(code);
    if (object->contains("reason")) {
      const auto reason = text_of(*object, "reason");
      if (!reason) return std::unexpected(reason.error());
      words.push_back(*reason);
    }
  }
  return tell(commands, words);
}

ApiOutcome change_subscription(std::string_view command,
                               const ApiRequest& request,
                               CommandRunner& commands) {
  const auto user = text_of(request.parameters, "user");
  if (!user) return std::unexpected(user.error());
  const auto channel = text_of(request.parameters, "channel");
  if (!channel) return std::unexpected(channel.error());
  return tell(commands, std::array<std::string_view, 3>{command, *user, *channel});
}

ApiOutcome subscribe(const ApiRequest& request, CommandRunner& commands) {
  return change_subscription("RT.SUBSCRIBE", request, commands);
}

ApiOutcome unsubscribe(const ApiRequest& request, CommandRunner& commands) {
  return change_subscription("RT.UNSUBSCRIBE", request, commands);
}

constexpr struct {
  std::string_view name;
  ApiMethod method;
} methods[] = {
    {"publish", publish},
    {"broadcast", broadcast},
    {"history", history},
    {"presence", presence},
    {"presence_stats", presence_stats},
    {"channels", channels},
    {"disconnect", disconnect},
    {"subscribe", subscribe},
    {"unsubscribe", unsubscribe},
};

}  // namespace

ApiMethod find_api_method(std::string_view name) {
  for (const auto& known : methods)
    if (known.name == name) return known.method;
  return nullptr;
}

std::string api_error_json(const ApiError& error) {
  std::string text = fmt::format(R"({{"code":{},"message":)", error.code);
  realtime::append_json_string(text, error.message);
  text += '}';
  return text;
}

}  // namespace duplex::ws
