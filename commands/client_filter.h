// Which clients CLIENT LIST and CLIENT KILL mean.
#pragma once

#include "commands/acl.h"
#include "commands/client.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace duplex::commands {

class CommandContext;

// All that is set has to fit. Lifetime: shows into the arguments that it was read from.
struct ClientFilter {
  std::unordered_set<std::uint64_t> ids;  // empty: any
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  std::optional<std::string_view> type;  // in the words of type_of()
  acl::UserPtr user;
  std::optional<std::int64_t> age_seconds_min;
  bool skip_me = false;

  // `self` asks, and is left out if skip_me says so.
  bool fits(const Client& client, std::uint64_t self, std::int64_t now_ms) const;
};

// Reads `name value` pairs from the argument at `at` on; ID may have several values. `invalid_id`
// is the error for what is no id. Answers the error itself and returns false.
bool read_client_filter(CommandContext& ctx,
                        std::size_t at,
                        std::string_view invalid_id,
                        ClientFilter& filter);

}  // namespace duplex::commands
