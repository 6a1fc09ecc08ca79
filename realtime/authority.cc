// The decisions.
#include "realtime/authority.h"

namespace duplex::realtime {

std::expected<std::shared_ptr<const Identity>, Denial> Authority::authenticate(
    std::string_view token, std::int64_t) const {
  // No key is configured that a token could be checked with.
  if (!token.empty()) return std::unexpected(denials::invalid_token);
  if (!rules_.open_to_anonymous()) return std::unexpected(denials::unauthorized);
  static const auto anonymous = std::make_shared<const Identity>();
  return anonymous;
}

std::optional<Denial> Authority::check(const Identity&,
                                       Action action,
                                       std::string_view channel) const {
  if (action == Action::subscribe && rules_.may_subscribe(channel)) return std::nullopt;
  if (action == Action::publish && rules_.may_publish(channel)) return std::nullopt;
  return denials::permission_denied;
}

}  // namespace duplex::realtime
