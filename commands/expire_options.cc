// When a key shall end, as the options EX, PX, EXAT, PXAT, KEEPTTL and PERSIST say it.
#include "commands/expire_options.h"

#include "base/numbers.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace duplex::commands {

namespace {

constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t time_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t ms_per_second = 1000;

using Kind = ExpireOption::Kind;

struct Name {
  std::string_view text;
  Kind kind;
};
constexpr Name names[] = {{"EX", Kind::ex},
                          {"PX", Kind::px},
                          {"EXAT", Kind::exat},
                          {"PXAT", Kind::pxat},
                          {"KEEPTTL", Kind::keep_ttl},
                          {"PERSIST", Kind::persist}};

constexpr bool takes_time(Kind kind) {
  return kind == Kind::ex || kind == Kind::px || kind == Kind::exat || kind == Kind::pxat;
}

}  // namespace

std::optional<std::int64_t> expiry_time(std::int64_t amount, TimeUnit unit, std::int64_t base_ms) {
  if (unit == TimeUnit::seconds) {
    if (amount > time_max / ms_per_second || amount < time_min / ms_per_second) return std::nullopt;
    amount *= ms_per_second;
  }
  if (amount > time_max - base_ms) return std::nullopt;
  return std::min(amount + base_ms, store::no_expiry - 1);
}

std::optional<std::int64_t> positive_expiry_arg(CommandContext& ctx,
                                                std::string_view amount,
                                                TimeUnit unit,
                                                std::int64_t base_ms) {
  const auto number = base::parse_int64(amount);
  if (!number) {
    ctx.error(errors::not_an_integer);
    return std::nullopt;
  }
  const auto time = *number > 0 ? expiry_time(*number, unit, base_ms) : std::nullopt;
  if (!time)
    ctx.error(fmt::format("ERR invalid expire time in '{}' command", ctx.command().full_name));
  return time;
}

bool ExpireOption::take(Args args, std::size_t& at) {
  const auto* name = std::find_if(std::begin(names), std::end(names), [&](const Name& known) {
    return base::equals_ignoring_case(args[at], known.text);
  });
  if (name == std::end(names)) return false;
  if (kind_ != Kind::none && kind_ != name->kind) return false;
  if (!takes_time(name->kind)) {
    if (name->kind != also_) return false;
    kind_ = name->kind;
    return true;
  }
  if (at + 1 == args.size()) return false;
  kind_ = name->kind;
  amount_ = args[++at];
  has_time_ = true;
  return true;
}

std::optional<std::int64_t> ExpireOption::time(CommandContext& ctx) const {
  const bool in_seconds = kind_ == Kind::ex || kind_ == Kind::exat;
  const bool from_now = kind_ == Kind::ex || kind_ == Kind::px;
  return positive_expiry_arg(ctx,
                             amount_,
                             in_seconds ? TimeUnit::seconds : TimeUnit::milliseconds,
                             from_now ? ctx.now_ms() : 0);
}

}  // namespace duplex::commands
