// A stream of events (EventSource): messages of channels as they come, one direction only.
#pragma once

#include "net/socket.h"
#include "net/timer_queue.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/identity.h"
#include "ws/deadlines.h"
#include "ws/sse_event.h"
#include "ws/takeover.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

class HttpFront;

// What a stream is to show.
struct SseRequest {
  std::shared_ptr<const realtime::Identity> identity;
  std::vector<std::string> channels;   // allowed ones, each once
  std::vector<SsePosition> positions;  // where to go on, of some of them
};

// Nothing is missed and nothing comes twice: the stream subscribes first, then reads from the
// history what came after its positions, and leaves out of the messages that come live what the
// history had already.
//
// Thread: confined to its loop. Lifetime: the front owns it, until its socket has closed.
class SseSession final : public Takeover, public Deadlined, public pubsub::Subscriber {
 public:
  SseSession(HttpFront& front, SseRequest request);
  ~SseSession() override;

  void start(net::Socket& socket) override;
  void begin_shutdown() override;
  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  void on_data(std::span<const char> bytes) override;
  void on_closed(net::CloseReason reason) override;
  void on_deadline(DeadlineKind kind) override;

  SsePosition& position_of(std::string_view channel);
  // Sends what the history has behind the position; tells the page if there is no such part of it.
  void catch_up(SsePosition& position);
  // Programs may end the stream (RT.DISCONNECT, RT.REVOKE); the browser comes back, and has to show
  // again who it is.
  void obey(std::string_view order);
  void send_lost(std::string_view channel);
  void end_event();
  void limit_output();
  void wait_for_log(std::uint64_t position);

  HttpFront& front_;
  net::Socket* socket_ = nullptr;
  const std::shared_ptr<const realtime::Identity> identity_;
  std::vector<SsePosition> positions_;  // of all channels
  std::vector<std::string> control_channels_;
  net::TimerId expiry_ = 0;
};

}  // namespace duplex::ws
