// Turns what is published on channels into events, as the bridges of the configuration say.
//
// Normative description: docs/socket_io_routes.md.
#pragma once

#include "pubsub/loop_subscribers.h"
#include "realtime/event_routes.h"
#include "ws/socket_io_adapter_message.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

class HttpFront;
class SocketIoCluster;

// Thread: confined to the front's loop, but for construction, and destruction when the loop has
// ended. Lifetime: the cluster and the loop's subscribers outlive it.
class SocketIoBridges final : public pubsub::Subscriber {
 public:
  SocketIoBridges(const std::vector<realtime::EventBridge>& bridges,
                  SocketIoCluster& cluster,
                  HttpFront& front);
  ~SocketIoBridges() override;

  // Subscribes to the channels.
  void start();

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  std::vector<std::string> channels() const;

  const std::vector<realtime::EventBridge>& bridges_;
  SocketIoCluster& cluster_;
  HttpFront& front_;
  pubsub::LoopSubscribers& subscribers_;
  bool started_ = false;
};

// An event whose argument is a payload: JSON as it is, other text as a string, other bytes as
// binary.
SocketEvent event_of_payload(std::string_view name, std::string_view payload);

}  // namespace duplex::ws
