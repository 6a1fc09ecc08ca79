// The HTTP ports, plain and TLS: the browser's rooms joined to the rest of the server.
#include "server/http_port.h"

#include "base/buffer.h"
#include "commands/client.h"
#include "server/command_session.h"
#include "ws/admin_door.h"
#include "ws/api_door.h"
#include "server/socket_io_doors.h"
#include "ws/realtime_door.h"
#include "ws/rest_door.h"
#include "ws/site_door.h"
#include "ws/sse_door.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace duplex::server {

ws::Options web_options(const Config& config) {
  ws::Options options;
  options.header_bytes_max = static_cast<std::uint32_t>(config.http_header_limit);
  options.body_bytes_max = static_cast<std::uint64_t>(config.http_body_limit);
  options.request_timeout_ms = config.http_timeout_s * 1000;
  options.connections_max = static_cast<std::size_t>(config.http_maxclients);
  options.connection_limits = {
      .per_address_max = static_cast<std::size_t>(config.rt_connections_per_address),
      .per_user_max = static_cast<std::size_t>(config.rt_connections_per_user),
      .connects = {static_cast<std::uint32_t>(config.rt_connects_per_second),
                   static_cast<std::uint32_t>(config.rt_connects_per_second * 2)},
      .count_loopback = config.rt_limit_loopback};
  options.origins = config.rt_origins;
  options.frames.message_bytes_max = static_cast<std::size_t>(config.ws_message_limit);
  options.json.channels_max = static_cast<std::size_t>(config.ws_channels_limit);
  options.json.channel_bytes_max = static_cast<std::size_t>(config.ws_channel_name_limit);
  options.json.ping_s = static_cast<std::uint32_t>(config.ws_ping_interval_s);
  options.connect_timeout_ms = config.ws_connect_timeout_s * 1000;
  options.ping_interval_ms = config.ws_ping_interval_s * 1000;
  options.pong_timeout_ms = config.ws_pong_timeout_s * 1000;
  options.output_bytes_max = static_cast<std::size_t>(config.ws_output_limit);
  for (const RpcRoute& route : config.rpc_routes)
    options.json.rpc_routes.push_back({.methods = route.methods, .stream = route.stream});
  options.leave_delay_ms = config.presence_leave_delay_ms;
  options.compression = config.ws_compression;
  options.api_keys = config.http_api_key;
  options.admin_token = config.admin_token;
  options.rest = config.http_rest;
  for (const auto& [token, user] : config.rest_tokens)
    options.rest_tokens.push_back({token, user});
  options.demo = config.demo;
  options.conformance_endpoints = config.conformance_endpoints;
  return options;
}

realtime::Authority browser_authority(const Config& config,
                                      std::shared_ptr<const realtime::TokenKeyring> keyring,
                                      const realtime::ChannelFence& fence,
                                      realtime::DenialCounters& denials) {
  return realtime::Authority(
      realtime::ChannelRules(config.channels), std::move(keyring), &fence, &denials);
}

// Commands of the server itself on one loop, through the loop's executor.
class HttpPort::LoopRunner final : public realtime::CommandRunner {
 public:
  LoopRunner(net::CommandLoop& loop, const BrowserFence& fence)
      : loop_(loop), sessions_(loop), fence_(fence) {
    for (commands::Client* client : {&server_, &browser_}) {
      client->authenticated.store(true, std::memory_order_relaxed);
      client->protocol.store(resp::Protocol::resp3, std::memory_order_relaxed);
    }
  }

  realtime::Ran run(std::span<const std::string_view> arguments, realtime::RunAs as) override {
    const bool is_browser = as == realtime::RunAs::browser;
    if (is_browser && !fence_.enter(browser_, arguments[0]))
      return {.reply = "-NOPERM there is no user 'browser' that may run commands\r\n"};
    commands::Client& client = is_browser ? browser_ : server_;
    commands::Request request{.args = arguments, .command = nullptr, .key = {}, .has_key = false};
    base::Buffer out;
    loop_.executor().set_now(loop_.loop().now_ms());
    if (loop_.executor().execute(client, request, out) == commands::Outcome::postponed)
      return {.reply = "-ERR clients are paused\r\n"};
    return {.reply = std::string(out.view()), .log_position = client.log_position};
  }

  std::shared_ptr<realtime::CommandSession> open_session(std::string_view user) override {
    return sessions_.open(user);
  }
  std::shared_ptr<realtime::CommandSession> log_in(std::string_view user,
                                                   std::string_view password) override {
    return sessions_.log_in(user, password);
  }

  std::shared_ptr<realtime::CommandSession> open_server_session() override {
    return sessions_.open_server();
  }

 private:
  net::CommandLoop& loop_;
  CommandSessions sessions_;
  const BrowserFence& fence_;
  commands::Client server_;
  commands::Client browser_;
};

HttpPort::HttpPort(const Config& config,
                   net::EventLoopPool& pool,
                   std::vector<std::unique_ptr<net::CommandLoop>>& loops,
                   ws::MetricsSource& metrics,
                   ws::Counters& counters,
                   const TlsContexts& tls,
                   realtime::ChannelState& channels,
                   std::shared_ptr<const realtime::TokenKeyring> keyring)
    : pool_(pool),
      tls_(tls),
      fence_(loops[0]->executor().context().services().users),
      options_(web_options(config)),
      runners_([&] {
        std::vector<std::unique_ptr<LoopRunner>> runners;
        for (const auto& loop : loops)
          runners.push_back(std::make_unique<LoopRunner>(*loop, fence_));
        return runners;
      }()),
      board_(config.demo ? std::make_unique<ws::DemoBoard>(
                               pool.loop(0), loops[0]->subscribers(), *runners_[0])
                         : nullptr),
      authority_(browser_authority(config, std::move(keyring), fence_, counters.denials)),
      limits_(options_.connection_limits),
      event_bridges_(config.sio_bridges),
      cluster_({.prefix = config.sio_adapter_prefix,
                .stream = config.sio_adapter_stream,
                .stream_count = static_cast<std::size_t>(config.sio_adapter_stream_count)}),
      event_router_(config.sio_routes, cluster_) {
  router_.add(std::make_unique<ws::RealtimeDoor>(options_));
  router_.add(std::make_unique<ws::AdminDoor>(options_));
  router_.add(std::make_unique<ws::SseDoor>(options_));
  router_.add(std::make_unique<ws::ApiDoor>(options_, metrics));
  add_socket_io(router_, config, {&event_router_, &cluster_});
  router_.add(std::make_unique<ws::SiteDoor>(metrics, board_.get()));
  router_.add(std::make_unique<ws::RestDoor>(options_));  // knows all addresses: the last one
  for (std::size_t i = 0; i < pool.size(); ++i)
    fronts_.push_back(
        std::make_unique<ws::HttpFront>(ws::FrontParts{.loop = pool.loop(i),
                                                       .subscribers = loops[i]->subscribers(),
                                                       .commands = *runners_[i],
                                                       .presence = channels.presence(),
                                                       .live_keys = channels,
                                                       .authority = authority_,
                                                       .options = options_,
                                                       .router = router_,
                                                       .counters = counters,
                                                       .fronts = &fronts_,
                                                       .log = loops[i].get(),
                                                       .limits = &limits_,
                                                       .clients = &loops[i]->services().clients,
                                                       .client_limits = &loops[i]->limits()}));
  bridges_ = std::make_unique<ws::SocketIoBridges>(event_bridges_, cluster_, *fronts_[0]);
}

HttpPort::~HttpPort() = default;

std::expected<void, std::string> HttpPort::listen(const Config& config) {
  const auto plain = [this](net::EventLoop& loop, net::Descriptor descriptor) {
    fronts_[loop.index()]->accept(std::move(descriptor), nullptr);
  };
  const auto sealed = [this](net::EventLoop& loop, net::Descriptor descriptor) {
    const TlsContexts::Context context = tls_.browsers();
    if (context) fronts_[loop.index()]->accept(std::move(descriptor), context.get());
  };
  if (auto opened = open_port(config, config.http_port, plain); !opened) return opened;
  return open_port(config, config.http_tls_port, sealed);
}

std::expected<void, std::string> HttpPort::open_port(const Config& config,
                                                     std::int64_t port,
                                                     net::SessionFactory factory) {
  if (port == 0) return {};
  auto listener = net::Listener::tcp(pool_,
                                     {.addresses = config.http_bind,
                                      .port = static_cast<std::uint16_t>(port),
                                      .backlog = static_cast<int>(config.tcp_backlog),
                                      .keepalive_s = static_cast<int>(config.tcp_keepalive_s)},
                                     std::move(factory));
  if (!listener) return std::unexpected(listener.error());
  listeners_.push_back(std::move(*listener));
  return {};
}

void HttpPort::open() {
  pool_.loop(0).post([this] {
    if (board_ != nullptr) board_->start();
    bridges_->start();
  });
}

void HttpPort::begin_shutdown() {
  listeners_.clear();
  for (std::size_t i = 0; i < fronts_.size(); ++i)
    pool_.loop(i).post([this, i] { fronts_[i]->begin_shutdown(); });
  if (board_ != nullptr) pool_.loop(0).post([this] { board_->stop(); });
}

}  // namespace duplex::server
