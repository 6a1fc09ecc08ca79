// What the loops share, and events that go to everybody.
#include "ws/socket_io_cluster.h"

#include "base/random.h"
#include "ws/http_front.h"
#include "ws/socket_io_node.h"
#include "ws/socket_io_socket.h"

#include <fmt/format.h>

#include <array>
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
  const AdapterSender sender{uid_, nsp};
  const std::string all = broadcast_channel(options_.prefix, nsp);
  const bool is_one_room = target.rooms.size() == 1;
  const std::string room = is_one_room ? room_channel(options_.prefix, nsp, target.rooms[0]) : all;
  publish_soon(front, pubsub::Kind::channel, room, write_broadcast(sender, target, event));
  // The others only if somebody else than us is there.
  const std::size_t ours = speaker(nsp) != nullptr ? 1 : 0;
  pubsub::Hub& hub = front.subscribers().hub();
  if (hub.subscriber_count(pubsub::Kind::shard, all) > ours) {
    const bool has_channel = is_one_room && target.rooms[0].size() != socket_id_size;
    publish_soon(front,
                 pubsub::Kind::shard,
                 has_channel ? room : all,
                 write_cluster_broadcast(sender, target, event));
  }
  if (hub.subscriber_count(pubsub::Kind::channel, all) > ours) {
    const std::string stream = stream_of_namespace(options_.stream, options_.stream_count, nsp);
    const std::string data = write_stream_broadcast(sender, target, event);
    const std::array<std::string_view, 13> command{
        "XADD", stream, "MAXLEN", "~", "10000", "*", "uid", uid_, "nsp", nsp, "type", "3", "data"};
    std::vector<std::string_view> words(command.begin(), command.end());
    words.push_back(data);
    front.commands().run(words, realtime::RunAs::server);
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
