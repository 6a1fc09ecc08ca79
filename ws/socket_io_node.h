// One loop's part in a Socket.IO cluster: hears what other servers publish, and does it.
//
// Normative description: docs/socket_io_interop.md.
#pragma once

#include "base/shared_bytes.h"
#include "net/event_loop.h"
#include "pubsub/loop_subscribers.h"
#include "ws/socket_io_adapter_message.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

class HttpFront;
class SocketIoCluster;
class SocketIoRooms;
class SocketIoSocket;

// Every loop hears every message directly, in the hub's order, and does it for its own sockets:
// so that what follows a join finds it done. Subscriptions are not seen by PUBSUB; for each
// namespace one loop, the speaker, has one more of each that is.
//
// Answers are put together by the speaker. Each loop sends it its part; the speaker sends a mark
// around to all loops, and when the marks are back, all parts are there.
//
// Joining and leaving changes subscriptions, which deliver() must not do: such messages wait for a
// task of their own, and all that come behind them wait with them.
//
// Thread: confined to its loop, but for post(). Lifetime: the cluster owns it.
class SocketIoNode final : public pubsub::Subscriber {
 public:
  SocketIoNode(SocketIoCluster& cluster, HttpFront& front, SocketIoRooms& rooms);
  ~SocketIoNode() override;

  // From any thread.
  void post(std::function<void()> task);
  // Hears of this namespace from now on.
  void serve(const std::string& nsp);

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  // Something to do, and where it was published.
  struct Task {
    AdapterMessage message;
    std::string nsp;
    pubsub::Kind via;
    base::SharedBytes frames{};  // of a broadcast, shared by all loops
  };
  // What a loop has to say to a question.
  struct Part {
    std::set<std::string> names;       // of rooms, or ids
    std::vector<std::string> sockets;  // JSON objects
    std::size_t clients = 0;           // who were asked
  };
  struct Gathering {
    Task asked;
    Part sum;
    std::size_t marks = 0;  // that are not back yet
  };

  // Hears nothing: is there to be counted.
  class Counted final : public pubsub::Subscriber {
    void deliver(const pubsub::Message&, std::string_view) override {}
  };

  struct Subscription {
    pubsub::Subscriber& subscriber;
    pubsub::Kind kind;
    std::string name;
    pubsub::Seen seen;
  };

  std::vector<Subscription> heard(std::string_view nsp);
  std::vector<Subscription> counted(std::string_view nsp);
  std::optional<Task> read(const pubsub::Message& message, std::string_view pattern) const;
  void emit(const Task& task);
  // Does all that has come so far.
  void catch_up();
  void do_all();
  void perform(const Task& task);
  void change(const Task& task);
  void answer(const Task& task);
  Part part_of(const Task& task);
  std::size_t ask(const Task& task);
  std::string description_of(SocketIoSocket& socket) const;
  void gather(const Task& asked, Part own);
  void add_part(const std::string& key, Part part);
  void mark_is_back(const std::string& key);
  void finish(const Gathering& gathering);
  void respond(const Task& asked, std::string_view payload);

  SocketIoCluster& cluster_;
  HttpFront& front_;
  pubsub::LoopSubscribers& subscribers_;  // outlive the front
  SocketIoRooms& rooms_;
  Counted counted_;
  std::vector<std::string> served_;      // namespaces
  std::vector<std::string> spoken_for_;  // of those
  std::vector<Task> tasks_;
  bool is_doing_ = false;
  std::map<std::string, Gathering> gatherings_;
};

}  // namespace duplex::ws
