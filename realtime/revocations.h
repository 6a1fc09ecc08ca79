// Tokens that are not valid any more although they have not run out.
//
// Each revocation is a string key of database 0, so that it is in the log and in snapshots, and may
// end by itself: rt:revoked:user:<id> holds the time (seconds since 1970) up to which tokens of the
// user are refused, rt:revoked:token:<jti> is there or not.
#pragma once

#include "realtime/authority.h"
#include "realtime/command_runner.h"
#include "realtime/identity.h"

#include <optional>
#include <string>
#include <string_view>

namespace duplex::realtime {

inline constexpr int revocation_database = 0;

std::string revocation_of_user(std::string_view user);
std::string revocation_of_token(std::string_view token_id);

// Whether the token that the identity came from was revoked; nothing if not. A denial that is
// temporary says that it cannot be known now.
std::optional<Denial> check_revoked(CommandRunner& commands, const Identity& identity);

}  // namespace duplex::realtime
