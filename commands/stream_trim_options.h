// MAXLEN, MINID and LIMIT, as XADD and XTRIM take them.
#pragma once

#include "commands/command_context.h"
#include "commands/stream_values.h"
#include "store/stream.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

enum class TrimArguments : bool { of_xtrim, of_xadd };

struct StreamTrimOptions {
  store::StreamTrim trim;
  bool no_make = false;              // XADD's NOMKSTREAM
  std::size_t id_index = 0;          // where XADD's id stands
  std::optional<ParsedStreamId> id;  // nothing for "*"
};

// Reads the options behind the key, for XADD up to the id and that, too. Answers the error itself.
bool parse_trim(CommandContext& ctx, TrimArguments kind, StreamTrimOptions& options);

// What a trim of this kind has left, as arguments that trim a copy of the stream to the same.
void append_exact_trim(CommandContext& ctx,
                       const store::StreamTrim& trim,
                       const store::StreamData& trimmed,
                       std::vector<std::string_view>& args);

}  // namespace duplex::commands
