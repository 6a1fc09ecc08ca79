// Looking up whether a token was revoked.
#include "realtime/revocations.h"

#include "base/numbers.h"
#include "resp/reply_value.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace duplex::realtime {

namespace {

constexpr Denial internal{100, "internal server error", true};

}  // namespace

std::string revocation_of_user(std::string_view user) {
  return fmt::format("rt:revoked:user:{}", user);
}

std::string revocation_of_token(std::string_view token_id) {
  return fmt::format("rt:revoked:token:{}", token_id);
}

std::optional<Denial> check_revoked(CommandRunner& commands, const Identity& identity) {
  if (identity.user.empty() && identity.token_id.empty()) return std::nullopt;
  const std::string user = revocation_of_user(identity.user);
  const std::string token = revocation_of_token(identity.token_id);
  const std::array<std::string_view, 3> words = {"MGET", user, token};
  const Ran ran = commands.run(words, RunAs::server);
  std::string_view bytes = ran.reply;
  const auto reply = resp::read_reply(bytes);
  if (!reply || reply->type != resp::ReplyValue::Type::array || reply->elements.size() != 2)
    return internal;
  const resp::ReplyValue& until = reply->elements[0];
  // What is no number was not written by RT.REVOKE: whoever wrote it does not want the user here.
  if (!identity.user.empty() && !until.is_null() &&
      identity.issued_s <=
          base::parse_int64(until.text).value_or(std::numeric_limits<std::int64_t>::max()))
    return denials::invalid_token;
  if (!identity.token_id.empty() && !reply->elements[1].is_null()) return denials::invalid_token;
  return std::nullopt;
}

}  // namespace duplex::realtime
