// Directives about the browsers' protocols.
#include "server/config_rpc.h"
#include "server/config_socket_io.h"
#include "server/config_table.h"

#include <limits>

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
