// Some fields of a hash: HSCAN, HRANDFIELD.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/families.h"
#include "commands/hash_values.h"
#include "commands/scan_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashView;
using Place = HashView::Place;

void hscan(CommandContext& ctx) {
  auto scan = ElementScan::begin(ctx, store::ValueType::hash, "novalues");
  if (!scan) return;
  const auto visit = [&](std::string_view field, std::string_view value) {
    if (scan->add(field)) scan->add_value(value);
  };
  scan->reply(view_of(ctx, scan->entry()).scan(scan->hash(), scan->count(), visit));
}

// Answers fields, with their values if wanted, in the form that the protocol has for that.
class FieldReply {
 public:
  FieldReply(CommandContext& ctx, const HashView& hash, std::size_t count, bool values)
      : reply_(ctx.reply()), hash_(hash), values_(values) {
    pairs_ = values && reply_.protocol() == resp::Protocol::resp3;
    reply_.array(values && !pairs_ ? count * 2 : count);
  }

  void add(Place at) {
    char scratch[base::int64_digits_max];
    if (pairs_) reply_.array(2);
    reply_.bulk(hash_.field(at, scratch));
    if (values_) reply_.bulk(hash_.value(at, scratch));
  }

 private:
  resp::ReplyWriter& reply_;
  const HashView& hash_;
  const bool values_;
  bool pairs_ = false;
};

// `count` different fields. Requires: count < hash.size().
void reply_different(CommandContext& ctx, const HashView& hash, std::size_t count, bool values) {
  // With few of many wanted, the same one is seldom met twice.
  constexpr std::size_t many = 3;
  if (!hash.is_packed() && !hash.may_have_ended() && count * many <= hash.size()) {
    std::unordered_set<Place> chosen;
    while (chosen.size() < count)
      chosen.insert(hash.random_place(ctx.random().next()));
    FieldReply reply(ctx, hash, count, values);
    for (const Place at : chosen)
      reply.add(at);
    return;
  }
  std::vector<Place> places;
  hash.places(places);
  count = std::min(count, places.size());
  FieldReply reply(ctx, hash, count, values);
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(places[i], places[i + ctx.random().below(places.size() - i)]);
    reply.add(places[i]);
  }
}

// `count` fields, the same one perhaps more than once.
void reply_any(CommandContext& ctx, const HashView& hash, std::size_t count, bool values) {
  if (!hash.is_packed() && !hash.may_have_ended()) {
    FieldReply reply(ctx, hash, count, values);
    for (std::size_t i = 0; i < count; ++i)
      reply.add(hash.random_place(ctx.random().next()));
    return;
  }
  std::vector<Place> places;
  hash.places(places);
  if (places.empty()) return ctx.reply().array(0);
  FieldReply reply(ctx, hash, count, values);
  for (std::size_t i = 0; i < count; ++i)
    reply.add(places[ctx.random().below(places.size())]);
}

void reply_one(CommandContext& ctx, const HashView& hash) {
  char scratch[base::int64_digits_max];
  if (!hash.may_have_ended())
    return ctx.reply().bulk(hash.field(hash.random_place(ctx.random().next()), scratch));
  std::vector<Place> places;
  hash.places(places);
  if (places.empty()) return ctx.reply().null();
  ctx.reply().bulk(hash.field(places[ctx.random().below(places.size())], scratch));
}

// The count in argument 2; answers the error itself.
std::optional<std::int64_t> count_arg(CommandContext& ctx) {
  constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
  const auto count = ctx.integer_arg(2);
  if (!count) return std::nullopt;
  if (*count < -count_max) {
    ctx.error(fmt::format(
        "ERR value is out of range, value must between {} and {}", -count_max, count_max));
    return std::nullopt;
  }
  if (ctx.argc() > 4 ||
      (ctx.argc() == 4 && !base::equals_ignoring_case(ctx.arg(3), "withvalues"))) {
    ctx.error(errors::syntax);
    return std::nullopt;
  }
  if (ctx.argc() == 4 && (*count < -count_max / 2 || *count > count_max / 2)) {
    ctx.error(errors::out_of_range);
    return std::nullopt;
  }
  return count;
}

void hrandfield(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (ctx.argc() == 2) {
    if (!read_hash(ctx, entry)) return;
    if (entry == nullptr) return ctx.reply().null();
    return reply_one(ctx, view_of(ctx, *entry));
  }
  const auto count = count_arg(ctx);
  if (!count || !read_hash(ctx, entry)) return;
  if (entry == nullptr || *count == 0) return ctx.reply().array(0);
  const HashView hash = view_of(ctx, *entry);
  const bool values = ctx.argc() == 4;
  if (*count < 0) return reply_any(ctx, hash, static_cast<std::size_t>(-*count), values);
  const auto wanted = static_cast<std::size_t>(*count);
  if (wanted < hash.size()) return reply_different(ctx, hash, wanted, values);
  std::vector<Place> places;
  hash.places(places);
  FieldReply reply(ctx, hash, places.size(), values);
  for (const Place at : places)
    reply.add(at);
}

constexpr CommandSpec specs[] = {
    {.name = "HRANDFIELD",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::hash | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = hrandfield,
     .group = "hash",
     .syntax = "key [count [WITHVALUES]]",
     .summary = "Returns random fields of a hash.",
     .complexity = "O(N) where N is the number of fields returned",
     .since = "6.2.0",
     .tips = "nondeterministic_output"},
    {.name = "HSCAN",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::hash | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = hscan,
     .group = "hash",
     .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
     .summary = "Returns a part of a hash, and where the next part begins.",
     .complexity = "O(1) for every call, O(N) for all of a hash with N fields.",
     .since = "2.8.0",
     .history = "8.0.0: Added the `NOVALUES` option.",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hash_scan_commands() {
  return specs;
}

}  // namespace duplex::commands
