// Bit offsets as arguments of the bitmap commands.
#pragma once

#include "commands/command_context.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

// An offset of a bit in a string of at most bulk_bytes_max bytes; answers the error itself. With a
// `width` other than 0, "#3" stands for three times the width.
std::optional<std::uint64_t> bit_offset_arg(CommandContext& ctx,
                                            std::string_view text,
                                            unsigned width = 0);

}  // namespace duplex::commands
