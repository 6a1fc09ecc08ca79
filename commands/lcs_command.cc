// LCS: the longest common subsequence of two strings, and where its parts stand.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

// How many pairs of bytes are compared at most; a bit is kept for each.
constexpr std::uint64_t pairs_max = std::uint64_t{1} << 32;

struct LcsOptions {
  bool length_only = false;
  bool with_matches = false;
  bool with_match_lengths = false;
  std::int64_t match_length_min = 0;
};

// Answers the error itself.
std::optional<LcsOptions> parse(CommandContext& ctx) {
  LcsOptions options;
  for (std::size_t i = 3; i < ctx.argc(); ++i) {
    if (base::equals_ignoring_case(ctx.arg(i), "IDX")) {
      options.with_matches = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "LEN")) {
      options.length_only = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "WITHMATCHLEN")) {
      options.with_match_lengths = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "MINMATCHLEN") && i + 1 < ctx.argc()) {
      const auto length = ctx.integer_arg(++i);
      if (!length) return std::nullopt;
      options.match_length_min = *length;
    } else {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
  }
  if (options.with_matches && options.length_only) {
    ctx.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

// The table of the classic algorithm. Only one row of lengths is kept at a time; of the others it
// is enough to know in which direction the longer subsequence lies.
class LcsTable {
 public:
  LcsTable(std::string_view a, std::string_view b, bool with_directions) : columns_(b.size() + 1) {
    if (with_directions) drop_a_.resize((a.size() + 1) * columns_);
    std::vector<std::uint32_t> row(columns_, 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
      std::uint32_t diagonal = 0;  // of the row before, one column to the left
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::uint32_t above = row[j];
        const bool above_is_longer = above > row[j - 1];
        if (with_directions && above_is_longer) drop_a_[i * columns_ + j] = true;
        if (a[i - 1] == b[j - 1])
          row[j] = diagonal + 1;
        else if (!above_is_longer)
          row[j] = row[j - 1];
        diagonal = above;
      }
    }
    length_ = row[b.size()];
  }

  std::uint32_t length() const { return length_; }
  // Whether the first i-1 bytes of a have more in common with the first j bytes of b than the first
  // i bytes with the first j-1.
  bool drops_a(std::size_t i, std::size_t j) const { return drop_a_[i * columns_ + j]; }

 private:
  const std::size_t columns_;
  std::vector<bool> drop_a_;
  std::uint32_t length_ = 0;
};

// A common substring that is part of the subsequence, by its first bytes in both strings.
struct Match {
  std::size_t in_a;
  std::size_t in_b;
  std::size_t length;
};

// Walks the table from the end and calls `visit(i, j)` for each byte of the subsequence.
template <typename Visit>
void walk(const LcsTable& table, std::string_view a, std::string_view b, Visit&& visit) {
  std::size_t i = a.size();
  std::size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      --i;
      --j;
      visit(i, j);
    } else if (table.drops_a(i, j)) {
      --i;
    } else {
      --j;
    }
  }
}

void reply_matches(CommandContext& ctx,
                   const LcsOptions& options,
                   const LcsTable& table,
                   std::string_view a,
                   std::string_view b) {
  std::vector<Match> matches;
  walk(table, a, b, [&](std::size_t i, std::size_t j) {
    if (!matches.empty() && matches.back().in_a == i + 1 && matches.back().in_b == j + 1)
      matches.back() = {i, j, matches.back().length + 1};
    else
      matches.push_back({i, j, 1});
  });
  std::erase_if(matches, [&](const Match& match) {
    return static_cast<std::int64_t>(match.length) < options.match_length_min;
  });
  resp::ReplyWriter& reply = ctx.reply();
  const auto reply_range = [&](std::size_t first, std::size_t length) {
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(first));
    reply.integer(static_cast<std::int64_t>(first + length - 1));
  };
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const Match& match : matches) {
    reply.array(options.with_match_lengths ? 3 : 2);
    reply_range(match.in_a, match.length);
    reply_range(match.in_b, match.length);
    if (options.with_match_lengths) reply.integer(static_cast<std::int64_t>(match.length));
  }
  reply.bulk("len");
  reply.integer(table.length());
}

void lcs(CommandContext& ctx) {
  bool are_strings = true;
  for (std::size_t i = 0; i < 2; ++i) {
    const store::Entry* entry = ctx.read(ctx.key(i));
    are_strings &= entry == nullptr || entry->type() == store::ValueType::string;
  }
  if (!are_strings) return ctx.error("ERR The specified keys must contain string values");
  const auto options = parse(ctx);
  if (!options) return;
  char scratch[2][base::int64_digits_max];
  // Only now, because reading the second key may have removed it.
  const auto text = [&](std::size_t i) {
    const store::Entry* entry = ctx.peek(ctx.key(i));
    return entry == nullptr ? std::string_view() : entry->text(scratch[i]);
  };
  const std::string_view a = text(0);
  const std::string_view b = text(1);
  if ((a.size() + 1) > pairs_max / (b.size() + 1))
    return ctx.error("ERR Insufficient memory, failed allocating transient memory for LCS");
  const LcsTable table(a, b, !options->length_only);
  if (options->length_only) return ctx.reply().integer(table.length());
  if (options->with_matches) return reply_matches(ctx, *options, table, a, b);
  std::string common(table.length(), '\0');
  std::size_t rest = common.size();
  walk(table, a, b, [&](std::size_t i, std::size_t) { common[--rest] = a[i]; });
  ctx.reply().bulk(common);
}

constexpr CommandSpec specs[] = {
    {.name = "LCS",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::string,
     .keys = keys(range(1, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = lcs,
     .group = "string",
     .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
     .summary = "Finds the longest common subsequence of two strings.",
     .complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
     .since = "7.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> lcs_commands() {
  return specs;
}

}  // namespace duplex::commands
