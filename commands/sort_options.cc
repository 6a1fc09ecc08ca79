// The words of SORT, in any order.
#include "commands/sort_options.h"

#include "base/text.h"

namespace duplex::commands {

SortOptions read_sort_options(Args args, bool may_store) {
  SortOptions options;
  for (std::size_t i = 2; i < args.size() && options.is_valid; ++i) {
    const std::size_t left = args.size() - i - 1;
    const auto is = [&](std::string_view name) {
      return base::equals_ignoring_case(args[i], name);
    };
    if (is("ASC") || is("DESC")) {
      options.descending = is("DESC");
    } else if (is("ALPHA")) {
      options.alpha = true;
    } else if (is("LIMIT") && left >= 2) {
      options.limit_at = i + 1;
      i += 2;
    } else if (may_store && is("STORE") && left >= 1) {
      options.store_at = ++i;
    } else if (is("BY") && left >= 1) {
      options.by = SortPattern(args[++i]);
      options.sorts &= options.by->looks_up();
      if (options.by->looks_up() && options.first_foreign == 0) options.first_foreign = 'B';
    } else if (is("GET") && left >= 1) {
      options.gets.emplace_back(args[++i]);
      if (options.first_foreign == 0) options.first_foreign = 'G';
    } else {
      options.is_valid = false;
    }
  }
  return options;
}

}  // namespace duplex::commands
