// Hearing, doing, and putting answers together.
#include "ws/socket_io_node.h"

#include "realtime/json_text.h"
#include "ws/http_front.h"
#include "ws/socket_io_client.h"
#include "ws/socket_io_cluster.h"
#include "ws/socket_io_description.h"
#include "ws/socket_io_packet.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace duplex::ws {

namespace {

using Kind = AdapterMessage::Kind;
using pubsub::Seen;

// How long acknowledgements are waited for if the question does not say, and at most.
constexpr std::int64_t ask_timeout_ms = 5'000;
constexpr std::int64_t ask_timeout_ms_max = 3'600'000;

// For a glob: what is special in it stands for itself.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string key_of(const AdapterMessage& message) {
  return message.uid + ' ' + message.request_id;
}

std::string list(const std::set<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) {
    if (out.size() > 1) out += ',';
    realtime::append_json_string(out, name);
  }
  return out + "]";
}

std::string list(const std::vector<std::string>& objects) {
  return fmt::format("[{}]", fmt::join(objects, ","));
}

std::string encode(const SocketEvent& event,
                   std::string_view nsp,
                   std::optional<std::uint64_t> ack_id) {
  return encode_socket_io({.type = SocketIoType::event,
                           .attachments = event.data.attachments.size(),
                           .name_space = nsp,
                           .id = ack_id,
                           .data = event.data.json},
                          event.data.attachments);
}

bool wants_answer(const AdapterMessage& message) {
  switch (message.kind) {
    case Kind::ask:
    case Kind::fetch_sockets:
    case Kind::list_sockets:
    case Kind::list_rooms:
    case Kind::server_side_emit:
      return !message.request_id.empty();
    default:
      return false;
  }
}

}  // namespace

SocketIoNode::SocketIoNode(SocketIoCluster& cluster, HttpFront& front, SocketIoRooms& rooms)
    : cluster_(cluster), front_(front), subscribers_(front.subscribers()), rooms_(rooms) {}

SocketIoNode::~SocketIoNode() {
  const auto end = [this](const std::vector<Subscription>& subscriptions) {
    for (const Subscription& each : subscriptions)
      subscribers_.unsubscribe(each.subscriber, each.kind, each.name, each.seen);
  };
  for (const std::string& nsp : served_)
    end(heard(nsp));
  for (const std::string& nsp : spoken_for_)
    end(counted(nsp));
}

std::vector<SocketIoNode::Subscription> SocketIoNode::heard(std::string_view nsp) {
  const std::string& prefix = cluster_.options().prefix;
  const std::string pattern = escaped(broadcast_channel(prefix, nsp)) + "*";
  return {{*this, pubsub::Kind::pattern, pattern, Seen::no},
          {*this, pubsub::Kind::shard_pattern, pattern, Seen::no},
          {*this, pubsub::Kind::channel, request_channel(prefix, nsp), Seen::no}};
}

// What NUMSUB and SHARDNUMSUB are asked about by the classic, the streams and the sharded adapter.
std::vector<SocketIoNode::Subscription> SocketIoNode::counted(std::string_view nsp) {
  const std::string& prefix = cluster_.options().prefix;
  const std::string all = broadcast_channel(prefix, nsp);
  return {{counted_, pubsub::Kind::channel, request_channel(prefix, nsp), Seen::yes},
          {counted_, pubsub::Kind::channel, all, Seen::yes},
          {counted_, pubsub::Kind::shard, all, Seen::yes}};
}

void SocketIoNode::post(std::function<void()> task) {
  front_.loop().post(std::move(task));
}

void SocketIoNode::serve(const std::string& nsp) {
  if (std::ranges::find(served_, nsp) != served_.end()) return;
  const auto begin = [this](const std::vector<Subscription>& subscriptions) {
    for (const Subscription& each : subscriptions)
      subscribers_.subscribe(each.subscriber, each.kind, each.name, each.seen);
  };
  served_.push_back(nsp);
  begin(heard(nsp));
  // After that, so that whoever speaks has heard everything that is answered.
  if (cluster_.claim(nsp, *this) != this) return;
  spoken_for_.push_back(nsp);
  begin(counted(nsp));
}

void SocketIoNode::deliver(const pubsub::Message& message, std::string_view pattern) {
  auto task = read(message, pattern);
  if (!task || task->message.kind == Kind::other) return;
  if (task->message.kind == Kind::broadcast && tasks_.empty() && !is_doing_) return emit(*task);
  tasks_.push_back(std::move(*task));
  if (tasks_.size() == 1 && !is_doing_) post([this] { do_all(); });
}

std::optional<SocketIoNode::Task> SocketIoNode::read(const pubsub::Message& message,
                                                     std::string_view pattern) const {
  const std::string& prefix = cluster_.options().prefix;
  const std::size_t before =
      prefix.size() + (pattern.empty() ? std::string_view("-request#").size() : 1);
  const std::string_view channel = message.channel();
  const std::size_t end = channel.find('#', before);
  const std::string_view nsp = channel.substr(before, end - before);
  std::optional<AdapterMessage> read;
  if (pattern.empty())
    read = read_request(message.payload());
  else if (message.kind() == pubsub::Kind::channel)
    read = read_broadcast(message.payload(), nsp);
  else
    read = read_cluster_message(message.payload(), nsp);
  if (!read) return std::nullopt;
  // Our own events come to us by the classic adapter's channels only.
  const bool is_ours = read->uid == cluster_.uid();
  if (is_ours && (read->kind != Kind::broadcast || message.kind() != pubsub::Kind::channel))
    return std::nullopt;
  Task task{std::move(*read), std::string(nsp), message.kind()};
  if (task.message.kind == Kind::broadcast)
    task.frames = message.encoded(pubsub::Form::socket_io,
                                  fmt::format("adapter {}", nsp),
                                  [&](const auto&, std::string_view) {
                                    return encode(task.message.event, nsp, std::nullopt);
                                  });
  return task;
}

void SocketIoNode::catch_up() {
  subscribers_.deliver_waiting();
  do_all();
}

void SocketIoNode::do_all() {
  if (is_doing_) return;
  is_doing_ = true;
  while (!tasks_.empty()) {
    const std::vector<Task> tasks = std::exchange(tasks_, {});
    for (const Task& task : tasks)
      perform(task);
  }
  is_doing_ = false;
}

void SocketIoNode::perform(const Task& task) {
  if (wants_answer(task.message)) return answer(task);
  switch (task.message.kind) {
    case Kind::broadcast:
      return emit(task);
    case Kind::join:
    case Kind::leave:
    case Kind::disconnect:
      return change(task);
    default:
      return;
  }
}

void SocketIoNode::emit(const Task& task) {
  const SocketTarget& target = task.message.target;
  if (!task.message.event.is_volatile) {
    rooms_.deliver(task.nsp, target.rooms, target.except, task.frames);
    return;
  }
  rooms_.for_each(task.nsp, target.rooms, target.except, [&](SocketIoSocket& socket) {
    if (socket.client().session().queued_bytes() == 0) socket.send(task.frames);
  });
}

void SocketIoNode::change(const Task& task) {
  const AdapterMessage& message = task.message;
  std::vector<std::string> ids;
  rooms_.for_each(
      task.nsp, message.target.rooms, message.target.except, [&](SocketIoSocket& socket) {
        ids.push_back(socket.id());
      });
  for (const std::string& id : ids) {
    SocketIoSocket* socket = rooms_.find(task.nsp, id);
    if (socket == nullptr) continue;  // ended with another one
    if (message.kind == Kind::disconnect) {
      socket->disconnect(message.closes_connection);
      continue;
    }
    for (const std::string& room : message.rooms)
      if (message.kind == Kind::join)
        rooms_.join(*socket, room);
      else if (room != id)
        rooms_.leave(*socket, room);
  }
  // Older adapters name one socket and want to know that it was there.
  if (!ids.empty() && !message.request_id.empty()) respond(task, write_done(message));
}

void SocketIoNode::answer(const Task& task) {
  SocketIoNode* speaker = cluster_.speaker(task.nsp);
  if (speaker == this) return gather(task, part_of(task));
  if (speaker == nullptr || task.message.kind == Kind::server_side_emit) return;
  speaker->post([speaker, key = key_of(task.message), part = part_of(task)]() mutable {
    // It was published to the speaker before this loop heard of it.
    speaker->catch_up();
    speaker->add_part(key, std::move(part));
  });
}

SocketIoNode::Part SocketIoNode::part_of(const Task& task) {
  const AdapterMessage& message = task.message;
  Part part;
  const auto visit = [&](auto&& each) {
    rooms_.for_each(task.nsp, message.target.rooms, message.target.except, each);
  };
  switch (message.kind) {
    case Kind::ask:
      part.clients = ask(task);
      break;
    case Kind::fetch_sockets:
      visit([&](SocketIoSocket& socket) { part.sockets.push_back(describe_socket(socket)); });
      break;
    case Kind::list_sockets:
      visit([&](SocketIoSocket& socket) { part.names.insert(socket.id()); });
      break;
    case Kind::list_rooms:
      for (std::string& name : rooms_.room_names(task.nsp))
        part.names.insert(std::move(name));
      break;
    default:
      break;
  }
  return part;
}

std::size_t SocketIoNode::ask(const Task& task) {
  const std::uint64_t id = rooms_.next_ack_id();
  const auto frames = std::make_shared<const std::string>(encode(task.message.event, task.nsp, id));
  // What an answer needs, without the event.
  auto asked = std::make_shared<Task>(task);
  asked->message.event = {};
  const auto on_ack = [this, asked](std::string_view arguments,
                                    std::span<const std::string> attachments) {
    const auto first = json_elements(arguments);
    respond(
        *asked,
        write_acknowledgement(asked->message,
                              {cluster_.uid(), asked->nsp},
                              {first.empty() ? "null" : std::string(first[0]),
                               std::vector<std::string>(attachments.begin(), attachments.end())}));
  };
  std::vector<std::string> ids;
  rooms_.for_each(
      task.nsp, task.message.target.rooms, task.message.target.except, [&](SocketIoSocket& socket) {
        if (!socket.expect_ack(id, on_ack)) return;
        socket.send(frames);
        ids.push_back(socket.id());
      });
  const std::size_t count = ids.size();
  const std::int64_t timeout_ms = task.message.timeout_ms > 0
                                      ? std::min(task.message.timeout_ms, ask_timeout_ms_max)
                                      : ask_timeout_ms;
  front_.loop().after(std::chrono::milliseconds(timeout_ms),
                      [this, nsp = task.nsp, id, ids = std::move(ids)] {
                        for (const std::string& each : ids)
                          if (SocketIoSocket* socket = rooms_.find(nsp, each))
                            socket->forget_ack(id);
                      });
  return count;
}

void SocketIoNode::gather(const Task& asked, Part own) {
  const std::string key = key_of(asked.message);
  Gathering& gathering = gatherings_[key];
  gathering = {.asked = asked, .sum = std::move(own)};
  gathering.asked.message.event = {};
  for (SocketIoNode* other : cluster_.nodes()) {
    if (other == this) continue;
    ++gathering.marks;
    other->post([this, other, key] {
      other->catch_up();
      post([this, key] { mark_is_back(key); });
    });
  }
  if (gathering.marks == 0) {
    ++gathering.marks;
    mark_is_back(key);
  }
}

void SocketIoNode::add_part(const std::string& key, Part part) {
  const auto found = gatherings_.find(key);
  if (found == gatherings_.end()) return;  // this loop did not hear of the namespace yet
  Part& sum = found->second.sum;
  sum.names.merge(part.names);
  sum.clients += part.clients;
  std::ranges::move(part.sockets, std::back_inserter(sum.sockets));
}

void SocketIoNode::mark_is_back(const std::string& key) {
  const auto found = gatherings_.find(key);
  if (found == gatherings_.end() || --found->second.marks != 0) return;
  const Gathering gathering = std::move(found->second);
  gatherings_.erase(found);
  finish(gathering);
}

void SocketIoNode::finish(const Gathering& gathering) {
  const AdapterMessage& asked = gathering.asked.message;
  const AdapterSender sender{cluster_.uid(), gathering.asked.nsp};
  switch (asked.kind) {
    case Kind::ask:
      return respond(gathering.asked, write_client_count(asked, sender, gathering.sum.clients));
    case Kind::fetch_sockets:
      return respond(gathering.asked, write_sockets(asked, sender, list(gathering.sum.sockets)));
    case Kind::list_sockets:
      return respond(gathering.asked, write_socket_ids(asked, list(gathering.sum.names)));
    case Kind::list_rooms:
      return respond(gathering.asked, write_rooms(asked, list(gathering.sum.names)));
    default:
      return respond(gathering.asked, write_server_side_answer(asked, sender));
  }
}

void SocketIoNode::respond(const Task& asked, std::string_view payload) {
  const std::string& prefix = cluster_.options().prefix;
  const std::string channel = asked.message.dialect == AdapterMessage::Dialect::classic
                                  ? response_channel(prefix, asked.nsp)
                                  : room_channel(prefix, asked.nsp, asked.message.uid);
  publish_soon(front_, asked.via, channel, payload);
}

}  // namespace duplex::ws
