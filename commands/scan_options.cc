// The options of the scanning commands, and the replies of those that scan one collection.
#include "commands/scan_options.h"

#include "base/glob.h"
#include "base/text.h"
#include "commands/errors.h"
#include "commands/scan_cursor.h"

namespace duplex::commands {

using base::equals_ignoring_case;

bool ScanOptions::matches(std::string_view text) const {
  return pattern == "*" || base::glob_match(pattern, text);
}

std::optional<ScanOptions> scan_options(CommandContext& ctx,
                                        std::size_t first,
                                        std::string_view own_word) {
  ScanOptions options;
  for (std::size_t i = first; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    const bool has_value = i + 1 < ctx.argc();
    const bool is_own = !own_word.empty() && equals_ignoring_case(word, own_word);
    if (has_value && equals_ignoring_case(word, "count")) {
      const auto count = ctx.integer_arg(++i);
      if (!count) return std::nullopt;
      if (*count < 1) {
        ctx.error(errors::syntax);
        return std::nullopt;
      }
      options.count = static_cast<std::size_t>(*count);
    } else if (has_value && equals_ignoring_case(word, "match")) {
      options.pattern = ctx.arg(++i);
    } else if (is_own && own_word != "type") {
      options.values = false;
    } else if (is_own && has_value) {
      options.type = ctx.arg(++i);
    } else {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
  }
  return options;
}

std::optional<ElementScan> ElementScan::begin(CommandContext& ctx,
                                              store::ValueType type,
                                              std::string_view own_word) {
  const auto cursor = parse_cursor(ctx.arg(2));
  if (!cursor) {
    ctx.error("ERR invalid cursor");
    return std::nullopt;
  }
  store::Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), type, entry)) return std::nullopt;
  if (entry == nullptr) {
    ctx.reply().array(2);
    ctx.reply().bulk("0");
    ctx.reply().array(0);
    return std::nullopt;
  }
  const auto options = scan_options(ctx, 3, own_word);
  if (!options) return std::nullopt;
  return ElementScan(ctx, *entry, element_hash(*cursor), *options);
}

bool ElementScan::add(std::string_view element) {
  if (!options_.matches(element)) return false;
  add_value(element);
  return options_.values;
}

void ElementScan::add_value(std::string_view value) {
  resp::ReplyWriter(found_, ctx_->reply().protocol()).bulk(value);
  ++found_count_;
}

void ElementScan::reply(std::uint64_t next) {
  ctx_->reply().array(2);
  ctx_->reply().bulk_integer(static_cast<std::int64_t>(element_cursor(next)));
  ctx_->reply().array(found_count_);
  ctx_->reply().buffer().append(found_.view());
}

}  // namespace duplex::commands
