// Some members of a sorted set: ZSCAN, ZRANDMEMBER.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/scan_options.h"
#include "commands/sorted_set_values.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>

namespace duplex::commands {

namespace {

using store::Entry;
using store::SortedSetView;

constexpr auto sorted_set_type = store::ValueType::sorted_set;

// ZSCAN writes the scores of large sorted sets with 17 digits, as Redis does only there.
std::string scanned_score(double score, bool is_packed) {
  return is_packed ? std::string(base::format_double(score)) : fmt::format("{:.17g}", score);
}

void zscan(CommandContext& ctx) {
  auto scan = ElementScan::begin(ctx, sorted_set_type, "noscores");
  if (!scan) return;
  const SortedSetView set(scan->entry());
  const bool is_packed = set.packed_bytes().has_value();
  const auto visit = [&](std::string_view member, double score) {
    if (scan->add(member)) scan->add_value(scanned_score(score, is_packed));
  };
  scan->reply(set.scan(scan->hash(), scan->count(), visit));
}

// Answers the members with these ranks.
class MemberReply {
 public:
  MemberReply(CommandContext& ctx, const SortedSetView& set, std::size_t count, bool scores)
      : reply_(ctx.reply()), set_(set), scores_(scores) {
    nested_ = scores && reply_.protocol() == resp::Protocol::resp3;
    reply_.array(scores && !nested_ ? count * 2 : count);
  }

  void add(std::size_t rank) { add({rank, 1}); }
  void add(const store::RankRange& range) {
    set_.visit(range, false, [&](std::string_view member, double score) {
      if (nested_) reply_.array(2);
      reply_.bulk(member);
      if (scores_) reply_.real(score);
    });
  }

 private:
  resp::ReplyWriter& reply_;
  const SortedSetView& set_;
  const bool scores_;
  bool nested_ = false;
};

void reply_random(CommandContext& ctx, const SortedSetView& set, std::int64_t wanted, bool scores) {
  const std::size_t size = set.size();
  if (wanted < 0) {
    // The same one may come more than once.
    const std::uint64_t count = 0 - static_cast<std::uint64_t>(wanted);
    MemberReply reply(ctx, set, count, scores);
    for (std::uint64_t i = 0; i < count; ++i)
      reply.add(ctx.random().below(size));
    return;
  }
  const auto count = static_cast<std::size_t>(wanted);
  if (count >= size) return MemberReply(ctx, set, size, scores).add({0, size});
  MemberReply reply(ctx, set, count, scores);
  // Each rank of those below `end` is as likely as the others; one that was chosen already stands
  // for the newest, which cannot have been.
  std::unordered_set<std::size_t> chosen;
  for (std::size_t end = size - count + 1; end <= size; ++end) {
    const std::size_t rank = ctx.random().below(end);
    const std::size_t next = chosen.insert(rank).second ? rank : end - 1;
    chosen.insert(next);
    reply.add(next);
  }
}

void zrandmember(CommandContext& ctx) {
  constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
  std::int64_t count = 1;
  if (ctx.argc() > 2) {
    const auto wanted = ctx.integer_arg(2);
    if (!wanted) return;
    count = *wanted;
    if (count < -count_max)
      return ctx.error(fmt::format(
          "ERR value is out of range, value must between {} and {}", -count_max, count_max));
  }
  const bool scores = ctx.argc() == 4 && base::equals_ignoring_case(ctx.arg(3), "WITHSCORES");
  if (ctx.argc() > 4 || (ctx.argc() == 4 && !scores)) return ctx.error(errors::syntax);
  if (scores && (count < -count_max / 2 || count > count_max / 2))
    return ctx.error(errors::out_of_range);
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  if (entry == nullptr) return ctx.argc() > 2 ? ctx.reply().array(0) : ctx.reply().null();
  const SortedSetView set(*entry);
  if (ctx.argc() > 2) return reply_random(ctx, set, count, scores);
  set.visit({ctx.random().below(set.size()), 1}, false, [&](std::string_view member, double) {
    ctx.reply().bulk(member);
  });
}

constexpr CommandSpec specs[] = {
    {.name = "ZRANDMEMBER",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrandmember,
     .group = "sorted_set",
     .syntax = "key [count [WITHSCORES]]",
     .summary = "Returns members of a sorted set chosen at random.",
     .complexity = "O(N) where N is the number of members returned",
     .since = "6.2.0",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "ZSCAN",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zscan,
     .group = "sorted_set",
     .syntax = "key cursor [MATCH pattern] [COUNT count] [NOSCORES]",
     .summary = "Iterates over the members of a sorted set and their scores.",
     .complexity = "O(1) for every call",
     .since = "2.8.0",
     .history = "8.0.0: Added noscores option.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sorted_set_scan_commands() {
  return specs;
}

}  // namespace duplex::commands
