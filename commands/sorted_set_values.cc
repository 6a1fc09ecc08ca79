// What the families of sorted set commands share: ranges, and how members are answered.
#include "commands/sorted_set_values.h"

#include "base/numbers.h"
#include "commands/errors.h"
#include "commands/index_range.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace duplex::commands {

namespace {

using store::HashedKey;
using store::SortedSet;
using store::Table;
using store::TextBound;

struct ScoreBound {
  double score;
  bool excluded;
};

// As strtod reads it, up to a NUL: more kinds of numbers than elsewhere, and the empty text is 0.
std::optional<ScoreBound> score_bound(std::string_view text) {
  const bool excluded = text.starts_with('(');
  if (excluded) text.remove_prefix(1);
  const std::string terminated(text);
  char* end = nullptr;
  const double score = std::strtod(terminated.c_str(), &end);
  if (*end != '\0' || std::isnan(score)) return std::nullopt;
  return ScoreBound{score, excluded};
}

std::optional<TextBound> text_bound(std::string_view text) {
  using Kind = TextBound::Kind;
  if (text == "-") return TextBound{.kind = Kind::lowest};
  if (text == "+") return TextBound{.kind = Kind::highest};
  if (text.starts_with('[')) return TextBound{.text = text.substr(1), .excluded = false};
  if (text.starts_with('(')) return TextBound{.text = text.substr(1), .excluded = true};
  return std::nullopt;
}

}  // namespace

std::optional<store::ScoreRange> score_range(CommandContext& ctx,
                                             std::string_view min,
                                             std::string_view max) {
  const auto low = score_bound(min);
  const auto high = score_bound(max);
  if (!low || !high) {
    ctx.error("ERR min or max is not a float");
    return std::nullopt;
  }
  return store::ScoreRange{.min = low->score,
                           .max = high->score,
                           .min_excluded = low->excluded,
                           .max_excluded = high->excluded};
}

std::optional<store::TextRange> text_range(CommandContext& ctx,
                                           std::string_view min,
                                           std::string_view max) {
  const auto low = text_bound(min);
  const auto high = text_bound(max);
  if (!low || !high) {
    ctx.error("ERR min or max not valid string range item");
    return std::nullopt;
  }
  return store::TextRange{*low, *high};
}

store::RankRange rank_range(std::int64_t start, std::int64_t end, std::size_t size) {
  // An end before the first member is no member here.
  if (end < 0 && end + static_cast<std::int64_t>(size) < 0) return {};
  const auto range = clamped_range(start, end, size);
  return range ? store::RankRange{range->first, range->count} : store::RankRange{};
}

void reply_members(CommandContext& ctx,
                   const store::SortedSetView& set,
                   const store::RankRange& range,
                   bool reverse,
                   WithScores with_scores) {
  resp::ReplyWriter& reply = ctx.reply();
  if (with_scores == WithScores::no) {
    reply.array(range.count);
    set.visit(range, reverse, [&](std::string_view text, double) { reply.bulk(text); });
    return;
  }
  const bool nested = reply.protocol() == resp::Protocol::resp3;
  reply.array(nested ? range.count : 2 * range.count);
  set.visit(range, reverse, [&](std::string_view text, double score) {
    if (nested) reply.array(2);
    reply.bulk(text);
    reply.real(score);
  });
}

void note_removed(CommandContext& ctx,
                  const HashedKey& key,
                  Table::Position at,
                  std::string_view event) {
  ctx.changed(key, Event::sorted_set, event);
  ctx.erase_if_empty(key, at, SortedSet(*at.entry()).is_empty());
}

void remove_range(CommandContext& ctx,
                  const HashedKey& key,
                  Table::Position at,
                  const store::RankRange& range,
                  std::string_view event) {
  SortedSet set(*at.entry());
  ctx.count_changes(range.count);
  if (range.count < set.size()) {
    set.erase(range);
    ctx.changed(key, Event::sorted_set, event);
    return;
  }
  // All of a large one is freed in the background.
  ctx.changed(key, Event::sorted_set, event);
  ctx.erase_if_empty(key, at, true);
}

void store_result(CommandContext& ctx,
                  const HashedKey& key,
                  store::EntryPtr result,
                  std::string_view event) {
  const Table::Position at = ctx.find(key);
  if (result == nullptr) {
    if (at) {
      ctx.erase(key, at);
      ctx.changed(key, Event::generic, "del");
    }
    return ctx.reply().integer(0);
  }
  const auto size = static_cast<std::int64_t>(store::SortedSetView(*result).size());
  ctx.put(key, at, std::move(result));
  ctx.changed(key, Event::sorted_set, event);
  ctx.reply().integer(size);
}

std::optional<std::int64_t> count_arg(CommandContext& ctx,
                                      std::size_t index,
                                      std::int64_t min,
                                      std::string_view error) {
  const auto count = base::parse_int64(ctx.arg(index));
  if (count && *count >= min) return count;
  ctx.error(error);
  return std::nullopt;
}

}  // namespace duplex::commands
