// Members by their places: GEOSEARCH, GEOSEARCHSTORE, and the older GEORADIUS and its relatives.
#include "base/hash.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/geo_arguments.h"
#include "commands/geo_search.h"
#include "commands/sorted_set_values.h"
#include "store/gathered_scores.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;

// Which of the commands it is.
struct Form {
  enum class Center : std::uint8_t { point, member, option };

  Center center = Center::option;  // where GEORADIUS and GEORADIUSBYMEMBER have it in front
  bool may_store = false;          // GEORADIUS with STORE
  bool stores = false;             // GEOSEARCHSTORE

  bool is_search() const { return center == Center::option; }
  std::size_t first_option() const {
    if (is_search()) return stores ? 3 : 2;
    return center == Center::point ? 6 : 5;
  }
};

struct Request {
  const Entry* entry = nullptr;
  GeoShape shape;
  double unit = 1;
  bool has_center = false;
  bool is_center_member = false;
  bool has_shape = false;
  GeoOrder order = GeoOrder::none;
  std::int64_t count = 0;  // 0: all
  bool any = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  bool stores = false;
  bool stores_distance = false;

  bool shows_more() const { return with_distance || with_hash || with_point; }
};

bool fail(CommandContext& ctx, std::string_view error) {
  ctx.error(error);
  return false;
}

// The functions that take something answer the error themselves and return false then.

bool take_point(CommandContext& ctx, std::size_t at, Request& request) {
  const auto point = geo_point_arg(ctx, at);
  if (point) request.shape.center = *point;
  return point.has_value();
}

bool take_member(CommandContext& ctx, std::size_t at, Request& request) {
  // The rest of the arguments is looked at even if there is no key.
  if (request.entry == nullptr) return true;
  const auto score = store::SortedSetView(*request.entry).score(ctx.arg(at));
  if (!score) return fail(ctx, "ERR could not decode requested zset member");
  request.shape.center = geo_decode(*score);
  return true;
}

bool take_radius(CommandContext& ctx, std::size_t at, Request& request) {
  const auto radius = geo_length_arg(ctx, at, "ERR need numeric radius");
  if (!radius) return false;
  if (*radius < 0) return fail(ctx, "ERR radius cannot be negative");
  const auto unit = geo_unit_arg(ctx, at + 1);
  if (!unit) return false;
  request.unit = *unit;
  request.shape.kind = GeoShape::Kind::circle;
  request.shape.radius = *radius * *unit;
  return true;
}

bool take_box(CommandContext& ctx, std::size_t at, Request& request) {
  const auto width = geo_length_arg(ctx, at, "ERR need numeric width");
  if (!width) return false;
  const auto height = geo_length_arg(ctx, at + 1, "ERR need numeric height");
  if (!height) return false;
  if (*width < 0 || *height < 0) return fail(ctx, "ERR height or width cannot be negative");
  const auto unit = geo_unit_arg(ctx, at + 2);
  if (!unit) return false;
  request.unit = *unit;
  request.shape.kind = GeoShape::Kind::box;
  request.shape.width = *width * *unit;
  request.shape.height = *height * *unit;
  return true;
}

bool take_count(CommandContext& ctx, std::size_t at, Request& request) {
  const auto count = ctx.integer_arg(at);
  if (!count) return false;
  if (*count <= 0) return fail(ctx, "ERR COUNT must be > 0");
  request.count = *count;
  return true;
}

bool take_front(CommandContext& ctx, const Form& form, Request& request) {
  if (form.center == Form::Center::point)
    return take_point(ctx, 2, request) && take_radius(ctx, 4, request);
  if (form.center == Form::Center::member && request.entry != nullptr)
    return take_member(ctx, 2, request) && take_radius(ctx, 3, request);
  return true;
}

// Options of one word; returns whether it is one.
bool take_word(const Form& form, std::string_view word, Request& request) {
  const auto is = [word](std::string_view name) { return base::equals_ignoring_case(word, name); };
  if (is("WITHDIST"))
    request.with_distance = true;
  else if (is("WITHHASH"))
    request.with_hash = true;
  else if (is("WITHCOORD"))
    request.with_point = true;
  else if (is("ANY"))
    request.any = true;
  else if (is("ASC"))
    request.order = GeoOrder::nearest_first;
  else if (is("DESC"))
    request.order = GeoOrder::farthest_first;
  else if (form.stores && is("STOREDIST"))
    request.stores_distance = true;
  else
    return false;
  return true;
}

// Takes the option at `at` and leaves that on its last argument.
bool take_option(CommandContext& ctx, const Form& form, std::size_t& at, Request& request) {
  const std::string_view word = ctx.arg(at);
  const std::size_t left = ctx.argc() - at - 1;
  const auto is = [word](std::string_view name) { return base::equals_ignoring_case(word, name); };
  const std::size_t first = at + 1;
  if (take_word(form, word, request)) return true;
  if (is("COUNT") && left >= 1) return take_count(ctx, ++at, request);
  if (form.may_store && left >= 1 && (is("STORE") || is("STOREDIST"))) {
    ++at;
    request.stores = true;
    request.stores_distance = is("STOREDIST");
    return true;
  }
  if (!form.is_search()) return fail(ctx, errors::syntax);
  const bool has_point = request.has_center && !request.is_center_member;
  const bool has_circle = request.has_shape && request.shape.kind == GeoShape::Kind::circle;
  if (is("FROMMEMBER") && left >= 1 && !has_point) {
    at += 1;
    request.has_center = request.is_center_member = true;
    return take_member(ctx, first, request);
  }
  if (is("FROMLONLAT") && left >= 2 && !request.is_center_member) {
    at += 2;
    request.has_center = true;
    return take_point(ctx, first, request);
  }
  if (is("BYRADIUS") && left >= 2 && (!request.has_shape || has_circle)) {
    at += 2;
    request.has_shape = true;
    return take_radius(ctx, first, request);
  }
  if (is("BYBOX") && left >= 3 && !has_circle) {
    at += 3;
    request.has_shape = true;
    return take_box(ctx, first, request);
  }
  return fail(ctx, errors::syntax);
}

bool check(CommandContext& ctx, const Form& form, const Request& request) {
  if (request.stores && request.shows_more())
    return fail(
        ctx,
        fmt::format("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                    form.stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
  if (form.is_search() && !request.has_center)
    return fail(ctx,
                fmt::format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}",
                            errors::shown(ctx.arg(0))));
  if (form.is_search() && !request.has_shape)
    return fail(ctx,
                fmt::format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}",
                            errors::shown(ctx.arg(0))));
  if (request.any && request.count == 0)
    return fail(ctx, "ERR the ANY argument requires COUNT argument");
  return true;
}

void reply_matches(CommandContext& ctx, const Request& request, const GeoMatches& matches) {
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(matches.size());
  for (const GeoMatch& match : matches.all()) {
    if (request.shows_more())
      reply.array(1u + request.with_distance + request.with_hash + request.with_point);
    reply.bulk(matches.text(match));
    if (request.with_distance) reply_geo_distance(ctx, match.distance / request.unit);
    if (request.with_hash) reply.integer(static_cast<std::int64_t>(match.score));
    if (request.with_point) reply_geo_point(ctx, match.point);
  }
}

store::EntryPtr make_sorted_set(const Request& request,
                                const GeoMatches& matches,
                                std::string_view key) {
  store::GatheredScores scores;
  for (const GeoMatch& match : matches.all()) {
    const std::string_view text = matches.text(match);
    scores.add(text,
               base::hash_bytes(text),
               request.stores_distance ? match.distance / request.unit : match.score);
  }
  return scores.make_sorted_set(key);
}

void run(CommandContext& ctx, const Form& form) {
  Request request;
  request.stores = form.stores;
  Entry* entry = nullptr;
  const store::HashedKey& source = ctx.key(form.stores ? 1 : 0);
  if (!ctx.read_type(source, store::ValueType::sorted_set, entry)) return;
  request.entry = entry;
  if (!take_front(ctx, form, request)) return;
  for (std::size_t at = form.first_option(); at < ctx.argc(); ++at)
    if (!take_option(ctx, form, at, request)) return;
  if (!check(ctx, form, request)) return;

  // GEORADIUS has the key to store to behind the one it reads.
  const store::HashedKey* to = nullptr;
  if (request.stores) to = &ctx.key(form.stores ? 0 : 1);
  const std::string_view event = form.stores ? "geosearchstore" : "georadiusstore";
  if (entry == nullptr) {
    if (to == nullptr) return ctx.reply().array(0);
    return store_result(ctx, *to, nullptr, event);
  }
  const auto all = std::numeric_limits<std::size_t>::max();
  const std::size_t count = request.count == 0 ? all : static_cast<std::size_t>(request.count);
  GeoMatches matches(store::SortedSetView(*entry), request.shape, request.any ? count : all);
  // Only an order makes the first few more interesting than others.
  if (request.count != 0 && !request.any && request.order == GeoOrder::none)
    request.order = GeoOrder::nearest_first;
  matches.select(request.order, count);
  if (to == nullptr) return reply_matches(ctx, request, matches);
  if (matches.size() != 0) ctx.count_changes(matches.size());
  store_result(
      ctx, *to, matches.size() == 0 ? nullptr : make_sorted_set(request, matches, to->key), event);
}

void geosearch(CommandContext& ctx) {
  run(ctx, {});
}

void geosearchstore(CommandContext& ctx) {
  run(ctx, {.stores = true});
}

void georadius(CommandContext& ctx) {
  run(ctx, {.center = Form::Center::point, .may_store = true});
}

void georadius_ro(CommandContext& ctx) {
  run(ctx, {.center = Form::Center::point});
}

void georadiusbymember(CommandContext& ctx) {
  run(ctx, {.center = Form::Center::member, .may_store = true});
}

void georadiusbymember_ro(CommandContext& ctx) {
  run(ctx, {.center = Form::Center::member});
}

// Of several keys to store to the last one counts.
void find_radius_keys(Args args, std::vector<KeyPosition>& positions) {
  if (args.size() < 2) return;
  positions.push_back({1, KeyFlag::ro | KeyFlag::access});
  std::size_t store_at = 0;
  for (std::size_t i = 5; i + 1 < args.size(); ++i)
    if (base::equals_ignoring_case(args[i], "STORE") ||
        base::equals_ignoring_case(args[i], "STOREDIST"))
      store_at = ++i;
  if (store_at != 0) positions.push_back({store_at, KeyFlag::ow | KeyFlag::update});
}

constexpr CommandSpec specs[] = {
    {.name = "GEORADIUS",
     .arity = -6,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::geo | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access),
                  behind_keyword("STORE", 6, KeyFlag::ow | KeyFlag::update),
                  behind_keyword("STOREDIST", 6, KeyFlag::ow | KeyFlag::update)),
     .handler = georadius,
     .group = "geo",
     .syntax = "key longitude latitude radius <m|km|ft|mi> [WITHCOORD] [WITHDIST] [WITHHASH] "
               "[COUNT count [ANY]] [ASC|DESC] [STORE storekey|STOREDIST storedistkey]",
     .summary = "Returns or stores the members within a circle around a point.",
     .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of "
                   "the circular area delimited by center and radius and M is the number of "
                   "items inside the index",
     .since = "3.2.0",
     .history = "6.2.0: Added the `ANY` option for `COUNT`. // 7.0.0: Added support for "
                "uppercase unit names.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
     .find_keys = find_radius_keys},
    {.name = "GEORADIUSBYMEMBER",
     .arity = -5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::geo | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access),
                  behind_keyword("STORE", 5, KeyFlag::ow | KeyFlag::update),
                  behind_keyword("STOREDIST", 5, KeyFlag::ow | KeyFlag::update)),
     .handler = georadiusbymember,
     .group = "geo",
     .syntax = "key member radius <m|km|ft|mi> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count "
               "[ANY]] [ASC|DESC] [STORE storekey|STOREDIST storedistkey]",
     .summary = "Returns or stores the members within a circle around one of them.",
     .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of "
                   "the circular area delimited by center and radius and M is the number of "
                   "items inside the index",
     .since = "3.2.0",
     .history = "6.2.0: Added the `ANY` option for `COUNT`. // 7.0.0: Added support for "
                "uppercase unit names.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` "
                    "arguments",
     .find_keys = find_radius_keys},
    {.name = "GEORADIUSBYMEMBER_RO",
     .arity = -5,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = georadiusbymember_ro,
     .group = "geo",
     .syntax = "key member radius <m|km|ft|mi> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count "
               "[ANY]] [ASC|DESC]",
     .summary = "Returns the members within a circle around one of them.",
     .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of "
                   "the circular area delimited by center and radius and M is the number of "
                   "items inside the index",
     .since = "3.2.10",
     .history = "6.2.0: Added the `ANY` option for `COUNT`. // 7.0.0: Added support for "
                "uppercase unit names.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"},
    {.name = "GEORADIUS_RO",
     .arity = -6,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = georadius_ro,
     .group = "geo",
     .syntax = "key longitude latitude radius <m|km|ft|mi> [WITHCOORD] [WITHDIST] [WITHHASH] "
               "[COUNT count [ANY]] [ASC|DESC]",
     .summary = "Returns the members within a circle around a point.",
     .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of "
                   "the circular area delimited by center and radius and M is the number of "
                   "items inside the index",
     .since = "3.2.10",
     .history = "6.2.0: Added the `ANY` option for `COUNT`. // 7.0.0: Added support for "
                "uppercase unit names.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument"},
    {.name = "GEOSEARCH",
     .arity = -7,
     .flags = Flag::readonly,
     .categories = Category::geo | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = geosearch,
     .group = "geo",
     .syntax = "key <FROMMEMBER member|FROMLONLAT longitude latitude> <BYRADIUS radius "
               "<m|km|ft|mi>|BYBOX width height <m|km|ft|mi>> [ASC|DESC] [COUNT count [ANY]] "
               "[WITHCOORD] [WITHDIST] [WITHHASH]",
     .summary = "Returns the members within a circle or a box.",
     .complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding "
                   "box area around the shape provided as the filter and M is the number of "
                   "items inside the shape",
     .since = "6.2.0",
     .history = "7.0.0: Added support for uppercase unit names."},
    {.name = "GEOSEARCHSTORE",
     .arity = -8,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::geo | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                  range(2, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = geosearchstore,
     .group = "geo",
     .syntax = "destination source <FROMMEMBER member|FROMLONLAT longitude latitude> <BYRADIUS "
               "radius <m|km|ft|mi>|BYBOX width height <m|km|ft|mi>> [ASC|DESC] [COUNT count "
               "[ANY]] [STOREDIST]",
     .summary = "Stores the members within a circle or a box.",
     .complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding "
                   "box area around the shape provided as the filter and M is the number of "
                   "items inside the shape",
     .since = "6.2.0",
     .history = "7.0.0: Added support for uppercase unit names."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> geo_search_commands() {
  return specs;
}

}  // namespace duplex::commands
