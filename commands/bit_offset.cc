// Bit offsets as arguments of the bitmap commands.
#include "commands/bit_offset.h"

#include "base/numbers.h"

namespace duplex::commands {

std::optional<std::uint64_t> bit_offset_arg(CommandContext& ctx,
                                            std::string_view text,
                                            unsigned width) {
  const bool in_widths = width != 0 && text.starts_with('#');
  if (in_widths) text.remove_prefix(1);
  const auto number = base::parse_int64(text);
  std::int64_t offset = number.value_or(-1);
  const std::int64_t limit = ctx.settings().bulk_bytes_max.load(std::memory_order_relaxed);
  const bool fits = !__builtin_mul_overflow(offset, in_widths ? width : 1u, &offset);
  if (fits && offset >= 0 && offset / 8 < limit) return static_cast<std::uint64_t>(offset);
  ctx.error("ERR bit offset is not an integer or out of range");
  return std::nullopt;
}

}  // namespace duplex::commands
