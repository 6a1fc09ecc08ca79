// MAXLEN, MINID and LIMIT, as XADD and XTRIM take them.
#include "commands/stream_trim_options.h"

#include "base/text.h"
#include "store/packed_limits.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace duplex::commands {

namespace {

using Strategy = store::StreamTrim::Strategy;

// How many nodes' entries a trim without LIMIT removes at most, and bounds for it.
constexpr std::int64_t nodes_max = 100;
constexpr std::int64_t default_removed_max = 10000;
constexpr std::int64_t removed_max_max = 1000000;

// An integer that is not negative; answers the error itself.
std::optional<std::uint64_t> positive_arg(CommandContext& ctx,
                                          std::size_t index,
                                          std::string_view error) {
  const auto value = ctx.integer_arg(index);
  if (!value) return std::nullopt;
  if (*value >= 0) return static_cast<std::uint64_t>(*value);
  ctx.error(error);
  return std::nullopt;
}

// Reads "[=|~] threshold" behind the option at `i`, which it leaves at the threshold.
bool parse_threshold(CommandContext& ctx,
                     Strategy strategy,
                     std::size_t& i,
                     store::StreamTrim& trim) {
  if (trim.strategy != Strategy::none) {
    ctx.error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    return false;
  }
  trim.strategy = strategy;
  const bool has_mark = i + 2 < ctx.argc() && (ctx.arg(i + 1) == "~" || ctx.arg(i + 1) == "=");
  if (has_mark) {
    trim.approximate = ctx.arg(i + 1) == "~";
    ++i;
  }
  ++i;
  if (strategy == Strategy::id) {
    const auto id = stream_id_arg(ctx, ctx.arg(i));
    if (id) trim.id = *id;
    return id.has_value();
  }
  const auto length = positive_arg(ctx, i, "ERR The MAXLEN argument must be >= 0.");
  if (length) trim.length = *length;
  return length.has_value();
}

bool check(CommandContext& ctx, TrimArguments kind, bool has_limit, store::StreamTrim& trim) {
  if (trim.strategy == Strategy::none) {
    if (trim.removed_max != 0) {
      ctx.error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
      return false;
    }
    if (kind == TrimArguments::of_xtrim) {
      ctx.error("ERR syntax error, XTRIM must be called with a trimming strategy");
      return false;
    }
  }
  if (ctx.is_replay()) {
    // A log is obeyed. Redis writes the exact length behind "=" and leaves the limit where it was.
    trim.removed_max = 0;
    return true;
  }
  if (has_limit && !trim.approximate) {
    ctx.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
    return false;
  }
  if (!has_limit && trim.approximate) {
    std::int64_t limit = nodes_max * store::packed_limits().stream_node_entries.load();
    if (limit <= 0) limit = default_removed_max;
    trim.removed_max = static_cast<std::uint64_t>(std::min(limit, removed_max_max));
  }
  return true;
}

}  // namespace

bool parse_trim(CommandContext& ctx, TrimArguments kind, StreamTrimOptions& options) {
  const bool is_xadd = kind == TrimArguments::of_xadd;
  store::StreamTrim& trim = options.trim;
  bool has_limit = false;
  std::size_t i = 2;
  for (; i < ctx.argc(); ++i) {
    const std::string_view name = ctx.arg(i);
    const bool has_more = i + 1 < ctx.argc();
    if (has_more && base::equals_ignoring_case(name, "MAXLEN")) {
      if (!parse_threshold(ctx, Strategy::length, i, trim)) return false;
    } else if (has_more && base::equals_ignoring_case(name, "MINID")) {
      if (!parse_threshold(ctx, Strategy::id, i, trim)) return false;
    } else if (has_more && base::equals_ignoring_case(name, "LIMIT")) {
      const auto limit = positive_arg(ctx, ++i, "ERR The LIMIT argument must be >= 0.");
      if (!limit) return false;
      trim.removed_max = *limit;
      has_limit = true;
    } else if (is_xadd && base::equals_ignoring_case(name, "NOMKSTREAM")) {
      options.no_make = true;
    } else if (is_xadd) {
      break;
    } else {
      ctx.error(errors::syntax);
      return false;
    }
  }
  options.id_index = i;
  if (is_xadd && i < ctx.argc() && ctx.arg(i) != "*") {
    options.id = parse_stream_id(ctx.arg(i));
    if (!options.id) {
      ctx.error(errors::invalid_stream_id);
      return false;
    }
  }
  return check(ctx, kind, has_limit, trim);
}

void append_exact_trim(CommandContext& ctx,
                       const store::StreamTrim& trim,
                       const store::StreamData& trimmed,
                       std::vector<std::string_view>& args) {
  const bool by_length = trim.strategy == Strategy::length;
  args.push_back(by_length ? "MAXLEN" : "MINID");
  args.push_back("=");
  // An empty stream has no first entry: whatever it had was below the id that was asked for.
  const store::StreamId first = trimmed.size() == 0 ? trim.id : trimmed.first_id();
  args.push_back(ctx.keep(by_length ? std::to_string(trimmed.size()) : stream_id_text(first)));
}

}  // namespace duplex::commands
