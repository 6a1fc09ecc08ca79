// The clause FIELDS numfields field … of the commands about times of fields.
#pragma once

#include "commands/command_context.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// No field ends later than this.
inline constexpr std::int64_t field_expiry_ms_max = (std::int64_t{1} << 48) - 2;

// The fields behind a FIELDS at argument `at`; answers the error itself, with `bad_count` if there
// is no positive number.
std::optional<Args> fields_clause(CommandContext& ctx, std::size_t at, std::string_view bad_count);

// `amount` as the end of a field, in milliseconds since 1970; a time that is not to come deletes
// the field. Answers the error itself.
std::optional<std::int64_t> field_expiry(CommandContext& ctx,
                                         std::string_view amount,
                                         bool in_seconds,
                                         bool from_now);

// The options of HGETEX and HSETEX.
struct FieldOptions {
  enum class Condition : std::uint8_t { none, all_absent, all_present };

  Condition condition = Condition::none;
  std::optional<std::int64_t> expiry_ms;
  bool keep = false;
  bool persist = false;
  // The fields, or fields and values.
  Args fields;
};
enum class FieldCommand : std::uint8_t { hgetex, hsetex };

// Answers the error itself.
std::optional<FieldOptions> field_options(CommandContext& ctx, FieldCommand command);

// Logs `name` key [`before` …] FIELDS n field …, unless there are no fields.
void log_fields(CommandContext& ctx,
                std::string_view name,
                std::initializer_list<std::string_view> before,
                std::span<const std::string_view> fields);

}  // namespace duplex::commands
