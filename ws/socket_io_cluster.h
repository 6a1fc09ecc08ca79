// Duplex as one of the servers of a Socket.IO cluster: what its loops share.
//
// Normative description: docs/socket_io_interop.md.
#pragma once

#include "base/mutex.h"
#include "pubsub/loop_subscribers.h"
#include "ws/socket_io_adapter_message.h"
#include "ws/socket_io_routes.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

class SocketIoNode;

// Names and units as the directives sio-adapter-*.
struct SocketIoClusterOptions {
  std::string prefix = "socket.io";  // of the channels
  std::string stream = "socket.io";  // of the streams adapter
  std::size_t stream_count = 1;
};

// Towards other servers all loops are one: they have one id, are counted once, and answer once. For
// each namespace one loop speaks for all, the first that had a socket there.
//
// A loop hears of a namespace when it has a socket there for the first time, and from then on for
// good: servers come and go less often than sockets.
//
// Thread: any. Lifetime: outlives the HTTP port's fronts.
class SocketIoCluster final : public EventRouter {
 public:
  explicit SocketIoCluster(SocketIoClusterOptions options);
  ~SocketIoCluster() override;

  const SocketIoClusterOptions& options() const { return options_; }
  const std::string& uid() const { return uid_; }

  // Sends an event to the sockets of the namespace, wherever they are: ours and other servers'.
  // Ours get it in a later pass. To be called on the front's loop, outside of deliver().
  void emit(HttpFront& front,
            std::string_view nsp,
            const SocketTarget& target,
            const SocketEvent& event);

  // The same in two steps: what has to be published, and the rest of it.
  struct Publication {
    std::string channel;
    std::string payload;
  };
  Publication publication(std::string_view nsp,
                          const SocketTarget& target,
                          const SocketEvent& event) const;
  void tell_other_adapters(HttpFront& front,
                           std::string_view nsp,
                           const SocketTarget& target,
                           const SocketEvent& event);

  // EventRouter
  void on_loop(HttpFront& front, SocketIoRooms& rooms) override;
  void on_connected(SocketIoSocket& socket, std::string_view auth) override;
  bool handle(SocketIoSocket&, const SocketIoCall&) override { return false; }

  // For the nodes.

  // Who speaks for a namespace; the first who asks does. nullptr: nobody does yet.
  SocketIoNode* claim(const std::string& nsp, SocketIoNode& node);
  SocketIoNode* speaker(std::string_view nsp) const;
  // All loops that have had a socket yet.
  std::vector<SocketIoNode*> nodes() const;

 private:
  const SocketIoClusterOptions options_;
  const std::string uid_;
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::size_t, std::unique_ptr<SocketIoNode>> nodes_ DUPLEX_GUARDED_BY(mutex_);  // by loop
  std::map<std::string, SocketIoNode*, std::less<>> speakers_ DUPLEX_GUARDED_BY(mutex_);
};

// Publishes on the front's loop, whose own subscribers get it in a later pass.
void publish_soon(HttpFront& front,
                  pubsub::Kind kind,
                  std::string_view channel,
                  std::string_view payload);

}  // namespace duplex::ws
