// What the loops share, and events that go to everybody.
#include "ws/socket_io_cluster.h"

#include "base/random.h"
#include "ws/http_front.h"
#include "ws/socket_io_node.h"
#include "ws/socket_io_socket.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace duplex::ws {

namespace {

// As long as those of the newer adapters.
std::string new_uid() {
  std::uint64_t bits = 0;
  base::secure_random(&bits, sizeof bits);
  return fmt::format("{:016x}", bits);
}

// The sharded adapter takes names of this length for ids of sockets, which have no channels.
constexpr std::size_t socket_id_size = 20;

}  // namespace

void publish_soon(HttpFront& front,
                  pubsub::Kind kind,
                  std::string_view channel,
                  std::string_view payload) {
  front.subscribers().publish(std::make_shared<const pubsub::Message>(kind, channel, payload));
  front.loop().post([&front] { front.subscribers().deliver_waiting(); });
}

SocketIoCluster::SocketIoCluster(SocketIoClusterOptions options)
    : options_(std::move(options)), uid_(new_uid()) {}

SocketIoCluster::~SocketIoCluster() = default;

void SocketIoCluster::emit(HttpFront& front,
                           std::string_view nsp,
                           const SocketTarget& target,
                           const SocketEvent& event) {
  const auto [channel, payload] = publication(nsp, target, event);
  publish_soon(front, pubsub::Kind::channel, channel, payload);
  tell_other_adapters(front, nsp, target, event);
}

// The classic adapter's form is also how our own loops tell each other.
SocketIoCluster::Publication SocketIoCluster::publication(std::string_view nsp,
                                                          const SocketTarget& target,
                                                          const SocketEvent& event) const {
  return {target.rooms.size() == 1 ? room_channel(options_.prefix, nsp, target.rooms[0])
                                   : broadcast_channel(options_.prefix, nsp),
          write_broadcast({uid_, nsp}, target, event)};
}

// Only if somebody else than us is there.
void SocketIoCluster::tell_other_adapters(HttpFront& front,
                                          std::string_view nsp,
                                          const SocketTarget& target,
                                          const SocketEvent& event) {
  const AdapterSender sender{uid_, nsp};
  const std::string all = broadcast_channel(options_.prefix, nsp);
  const std::size_t ours = speaker(nsp) != nullptr ? 1 : 0;
  pubsub::Hub& hub = front.subscribers().hub();
  if (hub.subscriber_count(pubsub::Kind::shard, all) > ours) {
    const bool has_channel = target.rooms.size() == 1 && target.rooms[0].size() != socket_id_size;
    publish_soon(front,
                 pubsub::Kind::shard,
                 has_channel ? room_channel(options_.prefix, nsp, target.rooms[0]) : all,
                 write_cluster_broadcast(sender, target, event));
  }
  if (hub.subscriber_count(pubsub::Kind::channel, all) > ours) {
    const std::string stream = stream_of_namespace(options_.stream, options_.stream_count, nsp);
    const std::string data = write_stream_broadcast(sender, target, event);
    const std::string_view command[] = {"XADD",
                                        stream,
                                        "MAXLEN",
                                        "~",
                                        "10000",
                                        "*",
                                        "uid",
                                        uid_,
                                        "nsp",
                                        nsp,
                                        "type",
                                        "3",
                                        "data",
                                        data};
    front.commands().run(command, realtime::RunAs::server);
  }
}

void SocketIoCluster::on_loop(HttpFront& front, SocketIoRooms& rooms) {
  auto node = std::make_unique<SocketIoNode>(*this, front, rooms);
  const base::MutexLock lock(mutex_);
  nodes_.emplace(front.loop().index(), std::move(node));
}

void SocketIoCluster::on_connected(SocketIoSocket& socket, std::string_view) {
  SocketIoNode* node = nullptr;
  {
    const base::MutexLock lock(mutex_);
    node = nodes_.at(net::EventLoop::current()->index()).get();
  }
  node->serve(socket.name_space());
}

SocketIoNode* SocketIoCluster::claim(const std::string& nsp, SocketIoNode& node) {
  const base::MutexLock lock(mutex_);
  return speakers_.emplace(nsp, &node).first->second;
}

SocketIoNode* SocketIoCluster::speaker(std::string_view nsp) const {
  const base::MutexLock lock(mutex_);
  const auto found = speakers_.find(nsp);
  return found == speakers_.end() ? nullptr : found->second;
}

std::vector<SocketIoNode*> SocketIoCluster::nodes() const {
  const base::MutexLock lock(mutex_);
  std::vector<SocketIoNode*> nodes;
  for (const auto& [loop, node] : nodes_)
    nodes.push_back(node.get());
  return nodes;
}

}  // namespace duplex::ws
