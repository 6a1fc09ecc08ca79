// The checkbox demo's server side: a thousand bits, and two channels.
#pragma once

#include "net/event_loop.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/command_runner.h"
#include "ws/demo_state.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

inline constexpr std::string_view demo_key = "demo:checkboxes";
// Where pages publish what was clicked, and where everybody hears what has changed.
inline constexpr std::string_view demo_clicks = "client:checkbox:change";
inline constexpr std::string_view demo_changes = "internal-server:checkbox:change";

// {"index":7,"checked":true}
struct BoxChange {
  std::size_t index;
  bool checked;
};
// Nothing unless the payload has that form and the index is a box.
std::optional<BoxChange> parse_box_change(std::string_view payload);
std::string format_box_change(const BoxChange& change);

// A click is written to the bitmap and passed on to the channel of changes; whatever else comes
// through that channel, from any client of the server, is written too. So the bitmap is what the
// channel said, and what a page shows is in the bitmap before the page hears of it or soon after.
//
// Thread: made and used on one loop; read() from any loop.
// Lifetime: outlives that loop's run; start() and stop() on it.
class DemoBoard final : public DemoState, public pubsub::Subscriber {
 public:
  DemoBoard(net::EventLoop& loop,
            pubsub::LoopSubscribers& subscribers,
            realtime::CommandRunner& commands)
      : loop_(loop), subscribers_(subscribers), commands_(commands) {}

  void start();
  void stop();

  void read(std::function<void(std::optional<std::string>)> done) override;
  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  struct Received {
    BoxChange change;
    bool is_click;
  };

  void catch_up();
  // False if the server refuses writes at present.
  bool write(const BoxChange& change);
  std::optional<std::string> read_bitmap();

  net::EventLoop& loop_;
  pubsub::LoopSubscribers& subscribers_;
  realtime::CommandRunner& commands_;
  // What deliver() has brought and catch_up() has to do; empty between two passes of the loop.
  std::vector<Received> received_;
};

}  // namespace duplex::ws
