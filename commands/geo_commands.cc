// Places in sorted sets: GEOADD, GEODIST, GEOHASH, GEOPOS.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/geo_arguments.h"
#include "commands/geohash.h"
#include "store/sorted_set.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::SortedSet;
using store::SortedSetView;
using store::Table;

constexpr auto sorted_set_type = store::ValueType::sorted_set;

struct AddOptions {
  bool only_new = false;
  bool only_present = false;
  bool count_changed = false;
  std::size_t first = 2;  // where the places start
};

AddOptions parse(Args args) {
  AddOptions options;
  for (; options.first < args.size(); ++options.first) {
    const std::string_view word = args[options.first];
    if (base::equals_ignoring_case(word, "NX"))
      options.only_new = true;
    else if (base::equals_ignoring_case(word, "XX"))
      options.only_present = true;
    else if (base::equals_ignoring_case(word, "CH"))
      options.count_changed = true;
    else
      break;
  }
  return options;
}

// Adds one member or moves it; returns whether that counts.
bool add_one(SortedSet& set,
             const AddOptions& options,
             std::string_view member,
             double score,
             bool& has_changed) {
  const SortedSet::Place place = set.find(member);
  if (place.is_there ? options.only_new || score == place.score : options.only_present)
    return false;
  has_changed = true;
  if (!place.is_there) {
    set.add(member, score, place);
    return true;
  }
  set.change(member, score, place);
  return options.count_changed;
}

void geoadd(CommandContext& ctx) {
  const AddOptions options = parse(ctx.args());
  const std::size_t rest = ctx.argc() - options.first;
  if (rest % 3 != 0 || (options.only_new && options.only_present)) return ctx.error(errors::syntax);
  // All places are looked at before anything is changed.
  for (std::size_t i = options.first; i < ctx.argc(); i += 3)
    if (!geo_point_arg(ctx, i)) return;
  if (rest == 0) return ctx.error(errors::syntax);
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_type(key, sorted_set_type, at)) return;
  if (!at && options.only_present) return ctx.reply().integer(0);
  if (!at) at = ctx.put(key, at, SortedSet::make(key.key, store::no_expiry));
  SortedSet set(*at.entry());
  std::int64_t counted = 0;
  std::uint64_t changes = 0;
  for (std::size_t i = options.first; i < ctx.argc(); i += 3) {
    const auto score = static_cast<double>(geo_encode(*geo_point_arg(ctx, i)));
    bool has_changed = false;
    if (add_one(set, options, ctx.arg(i + 2), score, has_changed)) ++counted;
    changes += has_changed ? 1 : 0;
  }
  ctx.count_changes(changes);
  if (changes != 0) ctx.changed(key, Event::sorted_set, "zadd");
  ctx.reply().integer(counted);
}

std::optional<double> score_of(const Entry* entry, std::string_view member) {
  return entry == nullptr ? std::nullopt : SortedSetView(*entry).score(member);
}

void geodist(CommandContext& ctx) {
  double unit = 1;
  if (ctx.argc() == 5) {
    const auto named = geo_unit_arg(ctx, 4);
    if (!named) return;
    unit = *named;
  } else if (ctx.argc() > 5) {
    return ctx.error(errors::syntax);
  }
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  const auto from = score_of(entry, ctx.arg(2));
  const auto to = score_of(entry, ctx.arg(3));
  if (!from || !to) return ctx.reply().null();
  reply_geo_distance(ctx, geo_distance(geo_decode(*from), geo_decode(*to)) / unit);
}

void geohash(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view member : ctx.args().subspan(2)) {
    if (const auto score = score_of(entry, member))
      ctx.reply().bulk(geo_text(*score));
    else
      ctx.reply().null();
  }
}

void geopos(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view member : ctx.args().subspan(2)) {
    if (const auto score = score_of(entry, member))
      reply_geo_point(ctx, geo_decode(*score));
    else
      ctx.reply().null_array();
  }
}

constexpr CommandSpec specs[] = {
    {.name = "GEOADD",
     .arity = -5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::geo | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = geoadd,
     .group = "geo",
     .syntax = "key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]",
     .summary = "Adds members with their places to a sorted set, or moves those it has.",
     .complexity = "O(log(N)) for each item added, where N is the number of elements in the "
                   "sorted set",
     .since = "3.2.0",
     .history = "6.2.0: Added the `CH`, `NX` and `XX` options."},
    {.name = "GEODIST",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = geodist,
     .group = "geo",
     .syntax = "key member1 member2 [m|km|ft|mi]",
     .summary = "Returns how far two members are from each other.",
     .complexity = "O(1)",
     .since = "3.2.0"},
    {.name = "GEOHASH",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = geohash,
     .group = "geo",
     .syntax = "key [member [member ...]]",
     .summary = "Returns the places of members as the texts that geohash.org uses.",
     .complexity = "O(1) for each member requested.",
     .since = "3.2.0"},
    {.name = "GEOPOS",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = geopos,
     .group = "geo",
     .syntax = "key [member [member ...]]",
     .summary = "Returns the longitudes and latitudes of members.",
     .complexity = "O(1) for each member requested.",
     .since = "3.2.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> geo_commands() {
  return specs;
}

}  // namespace duplex::commands
