// CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR.
#include "commands/client_tracking.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/command_context.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

// How many prefixes a client may ask for: each of its further ones is compared with all of them.
constexpr std::size_t prefixes_max = 1000;

struct TrackingOptions {
  std::uint8_t mode = 0;
  std::uint64_t redirect = 0;
  std::vector<std::string_view> prefixes;
};

// Whether one of the two begins with the other one.
bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

bool read_redirect(CommandContext& ctx, std::size_t at, TrackingOptions& options) {
  if (options.redirect != 0)
    return ctx.error("ERR A client can only redirect to a single other client"), false;
  const auto id = ctx.integer_arg(at);
  if (!id) return false;
  options.redirect = static_cast<std::uint64_t>(*id);
  if (!ctx.services().clients.with(options.redirect, [](const Client&) {}))
    return ctx.error("ERR The client ID you want redirect to does not exist"), false;
  return true;
}

// Reads the options from the fourth argument on; answers the error itself.
bool read_options(CommandContext& ctx, TrackingOptions& options) {
  for (std::size_t at = 3; at < ctx.argc(); ++at) {
    const std::string_view word = ctx.arg(at);
    const bool has_value = at + 1 < ctx.argc();
    if (equals_ignoring_case(word, "redirect") && has_value) {
      if (!read_redirect(ctx, ++at, options)) return false;
    } else if (equals_ignoring_case(word, "prefix") && has_value) {
      options.prefixes.push_back(ctx.arg(++at));
    } else if (equals_ignoring_case(word, "bcast")) {
      options.mode |= tracking::broadcast;
    } else if (equals_ignoring_case(word, "optin")) {
      options.mode |= tracking::opt_in;
    } else if (equals_ignoring_case(word, "optout")) {
      options.mode |= tracking::opt_out;
    } else if (equals_ignoring_case(word, "noloop")) {
      options.mode |= tracking::no_loop;
    } else {
      return ctx.error(errors::syntax), false;
    }
  }
  return true;
}

bool prefixes_fit(CommandContext& ctx, std::span<const std::string_view> prefixes) {
  const auto& known = ctx.client().tracking_prefixes;
  if (known.size() + prefixes.size() > prefixes_max)
    return ctx.error("ERR too many prefixes for a single client"), false;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& other : known)
      if (overlap(other, prefixes[i]))
        return ctx.error(fmt::format(
                   "ERR Prefix '{}' overlaps with an existing prefix '{}'. Prefixes for "
                   "a single client must not overlap.",
                   prefixes[i],
                   other)),
               false;
    for (const std::string_view other : prefixes.subspan(i + 1))
      if (overlap(other, prefixes[i]))
        return ctx.error(fmt::format("ERR Prefix '{}' overlaps with another provided prefix '{}'. "
                                     "Prefixes for a single client must not overlap.",
                                     prefixes[i],
                                     other)),
               false;
  }
  return true;
}

// Why the options do not go together, or with how the client tracks already; empty if they do.
std::string_view conflict(std::uint8_t before, const TrackingOptions& options) {
  const auto wants = [&](std::uint8_t bit) { return (options.mode & bit) != 0; };
  const auto had = [&](std::uint8_t bit) { return (before & bit) != 0; };
  if (!wants(tracking::broadcast) && !options.prefixes.empty())
    return "ERR PREFIX option requires BCAST mode to be enabled";
  if (had(tracking::on) && had(tracking::broadcast) != wants(tracking::broadcast))
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  if (wants(tracking::broadcast) && wants(tracking::opt_in | tracking::opt_out))
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if (wants(tracking::opt_in) && wants(tracking::opt_out))
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if ((wants(tracking::opt_in) && had(tracking::opt_out)) ||
      (wants(tracking::opt_out) && had(tracking::opt_in)))
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  return {};
}

void start_tracking(CommandContext& ctx, const TrackingOptions& options) {
  Client& client = ctx.client();
  Tracking& tracking = ctx.services().tracking;
  const std::uint8_t before = client.tracking.load(std::memory_order_relaxed);
  if (before == 0) tracking.client_began();
  const std::uint8_t kept = before & tracking::caching;
  client.tracking_redirect.store(options.redirect, std::memory_order_relaxed);
  client.tracking.store(tracking::on | options.mode | kept, std::memory_order_relaxed);
  if ((options.mode & tracking::broadcast) == 0) return;
  const bool skips_own = (options.mode & tracking::no_loop) != 0;
  const auto add = [&](std::string_view prefix) {
    client.tracking_prefixes.emplace(prefix);
    tracking.prefixes().add(Reader(client.id, client.loop), prefix, skips_own);
  };
  // No prefix means all keys.
  if (options.prefixes.empty()) add("");
  for (const std::string_view prefix : options.prefixes)
    add(prefix);
}

}  // namespace

void stop_tracking(Services& services, Client& client) {
  if (client.tracking.load(std::memory_order_relaxed) == 0) return;
  for (const std::string& prefix : client.tracking_prefixes)
    services.tracking.prefixes().remove(Reader(client.id, client.loop), prefix);
  client.tracking_prefixes.clear();
  client.tracking.store(0, std::memory_order_relaxed);
  services.tracking.client_ended();
}

void client_tracking(CommandContext& ctx) {
  TrackingOptions options;
  if (!read_options(ctx, options)) return;
  if (equals_ignoring_case(ctx.arg(2), "off")) {
    stop_tracking(ctx.services(), ctx.client());
    return ctx.reply().ok();
  }
  if (!equals_ignoring_case(ctx.arg(2), "on")) return ctx.error(errors::syntax);
  const std::uint8_t before = ctx.client().tracking.load(std::memory_order_relaxed);
  if (const std::string_view text = conflict(before, options); !text.empty())
    return ctx.error(text);
  if (!prefixes_fit(ctx, options.prefixes)) return;
  start_tracking(ctx, options);
  ctx.reply().ok();
}

void client_caching(CommandContext& ctx) {
  std::atomic<std::uint8_t>& mode = ctx.client().tracking;
  const std::uint8_t before = mode.load(std::memory_order_relaxed);
  if (before == 0)
    return ctx.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  if (equals_ignoring_case(ctx.arg(2), "yes")) {
    if ((before & tracking::opt_in) == 0)
      return ctx.error(
          "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  } else if (equals_ignoring_case(ctx.arg(2), "no")) {
    if ((before & tracking::opt_out) == 0)
      return ctx.error(
          "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  } else {
    return ctx.error(errors::syntax);
  }
  mode.store(before | tracking::caching, std::memory_order_relaxed);
  ctx.reply().ok();
}

void client_trackinginfo(CommandContext& ctx) {
  const Client& client = ctx.client();
  const std::uint8_t mode = client.tracking.load(std::memory_order_relaxed);
  const bool caching = (mode & tracking::caching) != 0;
  std::vector<std::string_view> flags{mode == 0 ? "off" : "on"};
  const auto add = [&](std::uint8_t bit, std::string_view name, std::string_view with_caching) {
    if ((mode & bit) == 0) return;
    flags.push_back(name);
    if (caching && !with_caching.empty()) flags.push_back(with_caching);
  };
  add(tracking::broadcast, "bcast", {});
  add(tracking::opt_in, "optin", "caching-yes");
  add(tracking::opt_out, "optout", "caching-no");
  add(tracking::no_loop, "noloop", {});
  add(tracking::broken_redirect, "broken_redirect", {});
  resp::ReplyWriter& reply = ctx.reply();
  reply.map(3);
  reply.bulk("flags");
  reply.set(flags.size());
  for (const std::string_view flag : flags)
    reply.bulk(flag);
  reply.bulk("redirect");
  client_getredir(ctx);
  reply.bulk("prefixes");
  reply.array(client.tracking_prefixes.size());
  for (const std::string& prefix : client.tracking_prefixes)
    reply.bulk(prefix);
}

void client_getredir(CommandContext& ctx) {
  ctx.reply().integer(tracking_redirect_of(ctx.client()));
}

}  // namespace duplex::commands
