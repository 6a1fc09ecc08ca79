// The HTTP ports, plain and TLS: the browser's rooms joined to the rest of the server.
#pragma once

#include "net/command_loop.h"
#include "net/event_loop_pool.h"
#include "net/listener.h"
#include "realtime/authority.h"
#include "realtime/channel_state.h"
#include "server/browser_fence.h"
#include "server/config.h"
#include "server/tls_contexts.h"
#include "ws/counters.h"
#include "ws/demo_board.h"
#include "ws/http_front.h"
#include "ws/http_router.h"
#include "ws/metrics_source.h"
#include "ws/options.h"
#include "ws/socket_io_bridges.h"
#include "ws/socket_io_cluster.h"
#include "ws/socket_io_router.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace duplex::server {

// What browsers are told and allowed, from the configuration.
ws::Options web_options(const Config& config);
realtime::Authority browser_authority(const Config& config,
                                      std::shared_ptr<const realtime::TokenKeyring> keyring,
                                      const realtime::ChannelFence& fence,
                                      realtime::DenialCounters& denials);

// Thread: made, listened with and destroyed by the main thread; accept() of the fronts runs on the
// loops. Destroy it after the loops have ended.
class HttpPort {
 public:
  HttpPort(const Config& config,
           net::EventLoopPool& pool,
           std::vector<std::unique_ptr<net::CommandLoop>>& loops,
           ws::MetricsSource& metrics,
           ws::Counters& counters,
           const TlsContexts& tls,
           realtime::ChannelState& channels,
           std::shared_ptr<const realtime::TokenKeyring> keyring);
  ~HttpPort();

  // Opens http-port and http-tls-port, those that are not 0; the error is a sentence for the
  // operator.
  std::expected<void, std::string> listen(const Config& config);
  // Lets what lives on loop 0 take part, the demo's board and bridges; to be called when the data
  // is loaded.
  void open();
  // No new connections; WebSockets are told to come back later.
  void begin_shutdown();

 private:
  class LoopRunner;

  std::expected<void, std::string> open_port(const Config& config,
                                             std::int64_t port,
                                             net::SessionFactory factory);

  net::EventLoopPool& pool_;
  const TlsContexts& tls_;
  const BrowserFence fence_;
  ws::Options options_;
  std::vector<std::unique_ptr<LoopRunner>> runners_;
  std::unique_ptr<ws::DemoBoard> board_;  // on loop 0
  const realtime::Authority authority_;
  ws::ConnectionLimits limits_;
  const std::vector<realtime::EventBridge> event_bridges_;
  ws::SocketIoCluster cluster_;
  ws::SocketIoRouter event_router_;
  ws::HttpRouter router_;
  std::vector<std::unique_ptr<ws::HttpFront>> fronts_;
  std::unique_ptr<ws::SocketIoBridges> bridges_;  // on loop 0
  std::vector<std::unique_ptr<net::Listener>> listeners_;
};

}  // namespace duplex::server
