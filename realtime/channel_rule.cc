// Rules about channels as text.
#include "realtime/channel_rule.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>

namespace duplex::realtime {

namespace {

using Outcome = std::expected<void, std::string>;

constexpr std::string_view access_words[] = {"none", "anon", "jwt", "sub"};
constexpr std::string_view slow_words[] = {"disconnect", "drop-oldest", "conflate", "resync"};
constexpr std::uint32_t history_max = 1'000'000;
constexpr std::int64_t time_max_ms = std::int64_t{10} * 365 * 24 * 3600 * 1000;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit units[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};

Outcome refused(std::string_view name, std::string_view expected) {
  return std::unexpected(fmt::format("channel option '{}' must be {}", name, expected));
}

// The place of the word in the list, or nothing.
std::optional<std::size_t> place_of(std::string_view word,
                                    std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

Outcome read_access(Access& access, std::string_view name, std::string_view value, bool has_sub) {
  const auto place = place_of(value, std::span(access_words).first(has_sub ? 4 : 3));
  if (!place) return refused(name, has_sub ? "none, anon, jwt or sub" : "none, anon or jwt");
  access = static_cast<Access>(*place);
  return {};
}

Outcome read_flag(bool& flag,
                  std::string_view name,
                  std::string_view value,
                  std::string_view yes = "yes") {
  if (value != yes && value != "no") return refused(name, fmt::format("{} or no", yes));
  flag = value == yes;
  return {};
}

Outcome read_count(std::uint32_t& count,
                   std::string_view name,
                   std::string_view value,
                   std::uint32_t max) {
  const auto number = base::parse_int64(value);
  if (!number || *number < 0 || *number > max)
    return refused(name, fmt::format("a number from 0 to {}", max));
  count = static_cast<std::uint32_t>(*number);
  return {};
}

// "300s": a number and a unit; 0 needs none.
Outcome read_time(std::int64_t& ms, std::string_view name, std::string_view value) {
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  const auto number = base::parse_int64(value.substr(0, digits));
  const std::string_view unit = value.substr(digits);
  const auto found = std::ranges::find(units, unit, &Unit::name);
  const std::int64_t factor = found == std::end(units) ? 0 : found->ms;
  const bool is_known = factor != 0 || (unit.empty() && number == 0);
  if (!number || *number < 0 || !is_known || (factor != 0 && *number > time_max_ms / factor))
    return refused(name, "a time like 300s, with ms, s, m, h or d");
  ms = *number * factor;
  return {};
}

std::string time_text(std::int64_t ms) {
  const auto unit = std::ranges::find_if(units, [&](const Unit& it) { return ms % it.ms == 0; });
  return fmt::format("{}{}", ms / unit->ms, unit->name);
}

Outcome read_slow(std::optional<SlowPolicy>& slow, std::string_view name, std::string_view value) {
  const auto place = place_of(value, slow_words);
  if (!place) return refused(name, "disconnect, drop-oldest, conflate or resync");
  slow = static_cast<SlowPolicy>(*place);
  return {};
}

// Reads one `name=value`.
Outcome read_option(ChannelRule& rule, std::string_view name, std::string_view value) {
  if (name == "sub") return read_access(rule.subscribe, name, value, false);
  if (name == "pub") return read_access(rule.publish, name, value, true);
  if (name == "history") return read_count(rule.history, name, value, history_max);
  if (name == "ttl") return read_time(rule.ttl_ms, name, value);
  if (name == "presence") return read_flag(rule.presence, name, value);
  if (name == "joinleave") return read_flag(rule.join_leave, name, value);
  if (name == "slow") return read_slow(rule.slow, name, value);
  if (name == "persist") return read_flag(rule.persist, name, value, "aof");
  return std::unexpected(
      fmt::format("unknown channel option '{}', known are sub, pub, history, ttl, presence, "
                  "joinleave, slow and persist",
                  name));
}

}  // namespace

std::expected<ChannelRule, std::string> parse_channel_rule(std::string_view pattern,
                                                           std::span<const std::string> options) {
  if (pattern.empty()) return std::unexpected("a channel pattern is missing");
  ChannelRule rule{.pattern = std::string(pattern)};
  for (const std::string_view option : options) {
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string_view value = option.substr(std::min(equals + 1, option.size()));
    if (Outcome outcome = read_option(rule, option.substr(0, equals), value); !outcome)
      return std::unexpected(outcome.error());
  }
  if (rule.ttl_ms > 0 && rule.history == 0)
    return std::unexpected("channel option 'ttl' needs 'history'");
  if (rule.slow == SlowPolicy::resync && rule.history == 0)
    return std::unexpected("channel option 'slow=resync' needs 'history'");
  return rule;
}

std::string format_channel_options(const ChannelRule& rule) {
  std::string text = fmt::format("sub={} pub={}",
                                 access_words[static_cast<std::size_t>(rule.subscribe)],
                                 access_words[static_cast<std::size_t>(rule.publish)]);
  const auto end = std::back_inserter(text);
  if (rule.history > 0) fmt::format_to(end, " history={}", rule.history);
  if (rule.ttl_ms > 0) fmt::format_to(end, " ttl={}", time_text(rule.ttl_ms));
  if (rule.presence) text += " presence=yes";
  if (rule.join_leave) text += " joinleave=yes";
  if (rule.slow) fmt::format_to(end, " slow={}", slow_words[static_cast<std::size_t>(*rule.slow)]);
  if (!rule.persist) text += " persist=no";
  return text;
}

}  // namespace duplex::realtime
