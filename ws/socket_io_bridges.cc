// Turns what is published on channels into events.
#include "ws/socket_io_bridges.h"

#include "base/utf8.h"
#include "realtime/json_text.h"
#include "ws/http_front.h"
#include "ws/socket_io_cluster.h"

#include <algorithm>
#include <memory>

namespace duplex::ws {

SocketEvent event_of_payload(std::string_view name, std::string_view payload) {
  SocketEvent event;
  std::string& json = event.data.json;
  json = "[";
  realtime::append_json_string(json, name);
  json += ',';
  if (realtime::is_json(payload)) {
    json += payload;
  } else if (base::is_utf8(payload)) {
    realtime::append_json_string(json, payload);
  } else {
    json += R"({"_placeholder":true,"num":0})";
    event.data.attachments.emplace_back(payload);
  }
  json += ']';
  return event;
}

SocketIoBridges::SocketIoBridges(const std::vector<realtime::EventBridge>& bridges,
                                 SocketIoCluster& cluster,
                                 HttpFront& front)
    : bridges_(bridges), cluster_(cluster), front_(front), subscribers_(front.subscribers()) {}

SocketIoBridges::~SocketIoBridges() {
  if (!started_) return;
  for (const std::string& channel : channels())
    subscribers_.unsubscribe(*this, pubsub::Kind::channel, channel);
}

std::vector<std::string> SocketIoBridges::channels() const {
  std::vector<std::string> channels;
  for (const realtime::EventBridge& bridge : bridges_)
    channels.push_back(bridge.channel);
  std::ranges::sort(channels);
  const auto rest = std::ranges::unique(channels);
  channels.erase(rest.begin(), rest.end());
  return channels;
}

void SocketIoBridges::start() {
  started_ = true;
  for (const std::string& channel : channels())
    subscribers_.subscribe(*this, pubsub::Kind::channel, channel);
}

void SocketIoBridges::deliver(const pubsub::Message& message, std::string_view) {
  const auto payload = std::make_shared<const std::string>(message.payload());
  for (const realtime::EventBridge& bridge : bridges_) {
    if (bridge.channel != message.channel()) continue;
    front_.loop().post([this, &bridge, payload] {
      SocketTarget target;
      if (bridge.emit.room) target.rooms.push_back(bridge.emit.room->text);
      cluster_.emit(
          front_, bridge.name_space, target, event_of_payload(bridge.emit.event, *payload));
    });
  }
}

}  // namespace duplex::ws
