// Directives about connections: addresses, limits, browsers.
#include "server/config_special.h"
#include "server/config_table.h"

namespace duplex::server {

namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t uint_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t mebibyte = 1 << 20;
constexpr std::int64_t io_threads_max = 64;  // as many as net::event_loops_max

constexpr std::string_view io_backends[] = {"auto", "uring", "epoll"};

constexpr Directive network[] = {
    {.name = "bind",
     .shape = {.kind = Kind::words},
     .write = write_bind,
     .read = read_member<&Config::bind>,
     .lines = single_line,
     .flags = several | owned},
    integer<&Config::port>("port", 0, 65535, owned),
    integer<&Config::tcp_backlog>("tcp-backlog", 0, int_max, fixed),
    text<&Config::unixsocket>("unixsocket", fixed),
    bound<&Config::unixsocketperm>(
        "unixsocketperm", {.kind = Kind::octal, .min = 0, .max = 0777}, fixed),
    integer<&Config::timeout_s>("timeout", 0, int_max),
    integer<&Config::tcp_keepalive_s>("tcp-keepalive", 0, int_max),
    integer<&Config::maxclients>("maxclients", 1, uint_max),
    yes_no<&Config::protected_mode>("protected-mode"),
    integer<&Config::io_threads>("io-threads", 1, io_threads_max, fixed),
    choice<&Config::io_backend>("io-backend", io_backends, fixed),
    memory<&Config::proto_max_bulk_len>("proto-max-bulk-len", mebibyte),
    memory<&Config::client_query_buffer_limit>("client-query-buffer-limit", mebibyte),
    {.name = "client-output-buffer-limit",
     .shape = {.kind = Kind::special},
     .write = write_output_limit,
     .read = read_output_limit,
     .lines = output_limit_lines,
     .flags = several},
    bound<&Config::maxmemory_clients>(
        "maxmemory-clients", {.kind = Kind::memory_or_percent, .max = long_max}, 0),
    integer<&Config::tracking_table_max_keys>("tracking-table-max-keys", 0, long_max),
};

constexpr Directive browser[] = {
    integer<&Config::http_port>("http-port", 0, 65535, fixed),
    words_of<&Config::http_bind>("http-bind", fixed),
    memory<&Config::http_header_limit>("http-header-limit", 1024, 16 * mebibyte),
    memory<&Config::http_body_limit>("http-body-limit", 0, 1024 * mebibyte),
    integer<&Config::http_timeout_s>("http-timeout", 1, int_max),
    integer<&Config::http_maxclients>("http-maxclients", 1, uint_max),
    words_of<&Config::rt_origins>("rt-origins"),
    {.name = "channel",
     .shape = {.kind = Kind::special},
     .write = write_channel,
     .read = read_channel,
     .lines = channel_lines,
     .flags = several | fixed},
    memory<&Config::ws_message_limit>("ws-message-limit", 1024, 512 * mebibyte),
    integer<&Config::ws_connect_timeout_s>("ws-connect-timeout", 1, int_max),
    integer<&Config::ws_ping_interval_s>("ws-ping-interval", 1, int_max),
    integer<&Config::ws_pong_timeout_s>("ws-pong-timeout", 1, int_max),
    integer<&Config::ws_channels_limit>("ws-channels-limit", 1, int_max),
    integer<&Config::ws_channel_name_limit>("ws-channel-name-limit", 1, 65535),
    memory<&Config::ws_output_limit>("ws-output-limit", 1024),
    yes_no<&Config::demo>("demo", fixed),
    yes_no<&Config::conformance_endpoints>("conformance-endpoints", fixed),
};

}  // namespace

std::span<const Directive> network_directives() {
  return network;
}
std::span<const Directive> browser_directives() {
  return browser;
}

}  // namespace duplex::server
