// Directives about the browsers' protocols, and what programs reach through the HTTP port.
#include "server/config_rpc.h"
#include "server/config_socket_io.h"
#include "server/config_table.h"
#include "server/config_values.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <vector>

namespace duplex::server {

namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t mebibyte = 1 << 20;

// A path that ends with a slash and holds nothing that a URL would escape.
std::string_view check_sio_path(std::string_view path) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  if (path.size() < 3 || !path.starts_with('/') || !path.ends_with('/') ||
      path.find_first_not_of(letters) != std::string_view::npos)
    return "must begin and end with a slash, as /socket.io/ does";
  return {};
}

// `rest-token <token> <user>`, once for each.
Outcome write_rest_token(const Directive&, Config& config, Words words, Source) {
  if (words.size() != 2 || words[0].empty() || words[1].empty())
    return std::unexpected("a token and an ACL user are wanted");
  config.rest_tokens.emplace_back(words[0], words[1]);
  return {};
}

// Tokens are secrets even to those who may read the configuration.
std::string read_rest_token(const Directive&, const Config&) {
  return {};
}

std::vector<std::string> rest_token_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const auto& [token, user] : config.rest_tokens)
    lines.push_back(fmt::format("rest-token {} {}", in_quotes(token), in_quotes(user)));
  return lines;
}

constexpr Directive realtime[] = {
    {.name = "rt-rpc",
     .shape = {.kind = Kind::special},
     .write = write_rpc_route,
     .read = read_rpc_routes,
     .lines = rpc_route_lines,
     .flags = several | fixed},
    integer<&Config::presence_leave_delay_ms>("presence-leave-delay", 0, int_max, fixed),
    yes_no<&Config::ws_compression>("ws-compression", fixed),
    text<&Config::rt_jwks_file>("rt-jwks-file", reloaded),
    text<&Config::rt_token_hmac_secret>("rt-token-hmac-secret", sensitive),
    text<&Config::rt_token_audience>("rt-token-audience"),
    text<&Config::rt_token_issuer>("rt-token-issuer"),
    text<&Config::admin_token>("admin-token", fixed | sensitive),
    words_of<&Config::http_api_key>("http-api-key", fixed | sensitive),
    yes_no<&Config::http_rest>("http-rest", fixed),
    {.name = "rest-token",
     .shape = {.kind = Kind::special},
     .write = write_rest_token,
     .read = read_rest_token,
     .lines = rest_token_lines,
     .flags = several | fixed | sensitive},
    integer<&Config::rt_connections_per_address>("rt-connections-per-address", 0, int_max, fixed),
    integer<&Config::rt_connections_per_user>("rt-connections-per-user", 0, int_max, fixed),
    integer<&Config::rt_connects_per_second>("rt-connects-per-second", 0, 1'000'000, fixed),
    yes_no<&Config::rt_limit_loopback>("rt-limit-loopback", fixed),
    text<&Config::sio_path>("sio-path", fixed, check_sio_path),
    words_of<&Config::sio_namespaces>("sio-namespace", fixed),
    integer<&Config::sio_ping_interval_ms>("sio-ping-interval", 10, int_max, fixed),
    integer<&Config::sio_ping_timeout_ms>("sio-ping-timeout", 10, int_max, fixed),
    integer<&Config::sio_connect_timeout_ms>("sio-connect-timeout", 10, int_max, fixed),
    integer<&Config::sio_upgrade_timeout_ms>("sio-upgrade-timeout", 10, int_max, fixed),
    memory<&Config::sio_max_payload>("sio-max-payload", 1024, 512 * mebibyte, fixed),
    {.name = "sio-route",
     .shape = {.kind = Kind::special},
     .write = write_sio_route,
     .read = read_sio_routes,
     .lines = sio_route_lines,
     .flags = several | fixed},
    {.name = "sio-bridge",
     .shape = {.kind = Kind::special},
     .write = write_sio_bridge,
     .read = read_sio_bridges,
     .lines = sio_bridge_lines,
     .flags = several | fixed},
    text<&Config::sio_adapter_prefix>("sio-adapter-prefix", fixed),
    text<&Config::sio_adapter_stream>("sio-adapter-stream", fixed),
    integer<&Config::sio_adapter_stream_count>("sio-adapter-stream-count", 1, 1024, fixed),
};

}  // namespace

std::span<const Directive> realtime_directives() {
  return realtime;
}

}  // namespace duplex::server
