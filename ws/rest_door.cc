// Tokens, and the three forms of a request.
#include "ws/rest_door.h"

#include "base/sha256.h"
#include "base/text.h"
#include "ws/api_keys.h"
#include "ws/http_front.h"
#include "ws/rest_exchange.h"

namespace duplex::ws {

namespace {

HttpResponse refusal(unsigned status, std::string_view why) {
  HttpResponse response;
  response.status = status;
  response.body = rest_error(why);
  response.fields.emplace_back("Cache-Control", "no-store");
  if (status == 401) response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

// The commands that the request stands for; false if it cannot be read.
bool read_commands(const HttpRequest& request, RestWork& work) {
  const std::string_view path = request.path();
  if (path == "/pipeline" || path == "/multi-exec") {
    work.form = path == "/pipeline" ? RestForm::pipeline : RestForm::transaction;
    auto commands = rest_commands_of(request.body);
    if (!commands) return false;
    work.commands = std::move(*commands);
    return true;
  }
  auto command = path == "/" ? rest_command_of(request.body) : rest_command_of(request);
  if (!command) return false;
  work.commands.push_back(std::move(*command));
  return true;
}

}  // namespace

RestDoor::RestDoor(const Options& options) : is_open_(options.rest) {
  for (const RestToken& token : options.rest_tokens)
    tokens_.push_back({base::sha256_hex(token.token), token.user});
}

std::shared_ptr<realtime::CommandSession> RestDoor::log_in(
    std::string_view token, realtime::CommandRunner& commands) const {
  const std::string digest = base::sha256_hex(token);
  const Token* known = nullptr;
  for (const Token& candidate : tokens_)
    if (base::equal_secrets(candidate.digest, digest)) known = &candidate;
  if (known != nullptr) return commands.open_session(known->user);
  const std::size_t colon = token.find(':');
  if (colon == std::string_view::npos) return nullptr;
  return commands.log_in(token.substr(0, colon), token.substr(colon + 1));
}

std::optional<Routed> RestDoor::route(const HttpRequest& request,
                                      HttpFront& front,
                                      const Respond& respond) {
  if (!is_open_) return std::nullopt;
  const std::string_view path = request.path();
  const bool takes_body = path == "/" || path == "/pipeline" || path == "/multi-exec";
  const bool is_post = request.method == "POST" || request.method == "PUT";
  if (!is_post && (takes_body || request.method != "GET")) return method_not_allowed("POST");
  const std::string_view token = bearer_token(request);
  if (token.empty()) return refusal(401, "ERR the token is missing");
  RestWork work;
  if (base::equals_ignoring_case(request.field("Upstash-Encoding"), "base64"))
    work.encoding = RestEncoding::base64;
  if (!read_commands(request, work)) return refusal(400, "ERR this is no command");
  work.session = log_in(token, front.commands());
  if (work.session == nullptr) return refusal(401, "WRONGPASS the token is not known");
  RestExchange::start(std::move(work), respond);
  return Deferred{};
}

}  // namespace duplex::ws
