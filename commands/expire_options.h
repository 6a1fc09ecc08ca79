// When a key shall end, as the options EX, PX, EXAT, PXAT, KEEPTTL and PERSIST say it.
#pragma once

#include "commands/command_context.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

enum class TimeUnit : std::uint8_t { seconds, milliseconds };

// `amount` after `base_ms` (0 for a time since 1970), in milliseconds since 1970; nothing if that
// is out of range. The past is allowed. Never no_expiry, which means something else.
std::optional<std::int64_t> expiry_time(std::int64_t amount, TimeUnit unit, std::int64_t base_ms);

// The same for an argument that has to be positive; answers the error itself.
std::optional<std::int64_t> positive_expiry_arg(CommandContext& ctx,
                                                std::string_view amount,
                                                TimeUnit unit,
                                                std::int64_t base_ms);

// At most one of the options; the same one may be repeated, the last value counts.
class ExpireOption {
 public:
  enum class Kind : std::uint8_t { none, ex, px, exat, pxat, keep_ttl, persist };

  // `also`: the option without a time that the command takes, keep_ttl, persist or none.
  explicit ExpireOption(Kind also) : also_(also) {}

  // Takes the option at args[at] and leaves `at` on its last argument. False if there is no such
  // option, its value is missing, or it contradicts an earlier one: a syntax error then, unless the
  // command knows the word.
  bool take(Args args, std::size_t& at);

  Kind kind() const { return kind_; }
  bool has_time() const { return has_time_; }
  // The time in milliseconds since 1970; answers the error itself. Requires: has_time().
  std::optional<std::int64_t> time(CommandContext& ctx) const;

 private:
  const Kind also_;
  Kind kind_ = Kind::none;
  bool has_time_ = false;
  std::string_view amount_;
};

}  // namespace duplex::commands
