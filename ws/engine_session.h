// One Engine.IO session: an order of messages both ways that outlives its transports.
//
// Normative description: docs/socket_io.md.
#pragma once

#include "base/shared_bytes.h"
#include "ws/deadlines.h"
#include "ws/engine_packet.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

class EngineSessions;

// Why a session ended.
enum class EngineEnd : std::uint8_t {
  by_client,      // it said so
  by_server,      // close()
  transport,      // the connection is gone, or a poll was given up
  ping_timeout,   // no pong in time
  protocol,       // the client broke the protocol
  slow,           // too much was queued for it
  shutting_down,  // the server ends
};

// What a session's messages mean. Thread: confined to the session's loop.
class EngineApplication {
 public:
  virtual ~EngineApplication() = default;
  // The session is open; the client is told before anything that is sent from here on.
  virtual void on_open() {}
  // `data` is valid during the call. The session may be closed inside of it.
  virtual void on_message(bool is_text, std::string_view data) = 0;
  // The time that the session had to do something useful is over.
  virtual void on_connect_timeout() {}
  // The last call; nothing can be sent any more. Called once, unless the loop has ended before.
  virtual void on_closed(EngineEnd reason) { (void)reason; }
};

// A WebSocket as its session sees it.
class EngineTransport {
 public:
  virtual void send_text(std::string_view packet) = 0;
  // Complete frames.
  virtual void send_frames(base::SharedBytes frames) = 0;
  // The session needs it no more and will not be used by it either.
  virtual void end(EngineEnd reason) = 0;

 protected:
  ~EngineTransport() = default;
};

// An HTTP error of Engine.IO: {"code":…,"message":…}.
struct EngineError {
  unsigned status = 400;
  unsigned code = 0;
  std::string_view message;
};

namespace engine_errors {

inline constexpr EngineError unknown_transport{400, 0, "Transport unknown"};
inline constexpr EngineError unknown_session{400, 1, "Session ID unknown"};
inline constexpr EngineError bad_method{400, 2, "Bad handshake method"};
inline constexpr EngineError bad_request{400, 3, "Bad request"};
inline constexpr EngineError forbidden{403, 4, "Forbidden"};
inline constexpr EngineError bad_version{400, 5, "Unsupported protocol version"};
inline constexpr EngineError too_large{413, 3, "Payload too large"};
inline constexpr EngineError too_many{503, 4, "Too many sessions"};

}  // namespace engine_errors

// What a session was opened with.
struct EngineClient {
  std::string target;      // of the first request
  std::string peer;        // "127.0.0.1:50412"
  std::string origin;      // or empty
  std::string user_agent;  // or empty
  bool is_tls = false;
  std::int64_t opened_ms = 0;  // wall clock
};

// Starts on polling or on a WebSocket, may move from the one to the other once, and ends.
//
// What is sent while there is no WebSocket waits in a queue of frames for the next poll, or for the
// upgrade. Polls are answered in a later pass of the loop, with everything queued until then.
//
// Thread: confined to its loop.
// Lifetime: EngineSessions owns it; it is destroyed some time after close(), never inside of it.
// Invariant: at most one of poll_ and socket_ is set, but for the moments of an upgrade.
class EngineSession {
 public:
  using Answer = std::function<void(std::string payload)>;

  EngineSession(EngineSessions& owner, std::string sid, EngineClient client);
  ~EngineSession();

  const std::string& sid() const { return sid_; }
  const EngineClient& client() const { return client_; }
  EngineSessions& owner() { return owner_; }
  bool is_open() const { return open_; }

  // A packet with its type in front: "4…".
  void send_text(std::string_view packet);
  // One or more complete WebSocket frames, for other sessions as well.
  void send_frames(base::SharedBytes frames);
  // Bytes that wait for a poll or in the hope of an upgrade.
  std::size_t queued_bytes() const { return queue_bytes_; }
  void close(EngineEnd reason);

  // For the door, and the WebSockets that it makes.

  // Opens a new session and returns the body of the first response.
  std::string open_polling(std::unique_ptr<EngineApplication> application);
  void open_socket(std::unique_ptr<EngineApplication> application, EngineTransport& socket);
  // What is queued, or nothing: then the answer comes later.
  std::expected<std::optional<std::string>, EngineError> poll(Answer answer);
  // Names the pending poll, for abandon_poll().
  std::uint64_t last_poll() const { return last_poll_; }
  void abandon_poll(std::uint64_t number);
  std::expected<void, EngineError> post(std::string_view body);
  // A WebSocket that wants to take over; false if it cannot.
  bool probe(EngineTransport& socket);
  void receive(EngineTransport& socket, bool is_text, std::string_view data);
  void transport_ended(EngineTransport& socket);

  // For the owner.

  // Has the client been silent for longer than it may?
  bool is_overdue(std::int64_t now_ms) const { return now_ms >= alive_until_ms_; }
  // Answers the pending poll if something is queued. To be called when schedule() asked for it.
  void flush();

 private:
  // One deadline each, as a session may have several.
  class Alarm final : public Deadlined {
   public:
    explicit Alarm(EngineSession& session) : session_(session) {}
    void on_deadline(DeadlineKind kind) override { session_.on_deadline(kind); }

   private:
    EngineSession& session_;
  };

  void open(std::unique_ptr<EngineApplication> application);
  void on_deadline(DeadlineKind kind);
  // Returns false when nothing more is to be read.
  bool handle(const EnginePacket& packet);
  void receive_probe(bool is_text, std::string_view data);
  void finish_upgrade();
  void enqueue(base::SharedBytes frames);
  std::string take_queue();
  void answer_poll(std::string_view last_packet);
  void renew(std::int64_t from_ms);
  void drop_candidate(EngineEnd reason);

  EngineSessions& owner_;
  const std::string sid_;
  const EngineClient client_;
  std::unique_ptr<EngineApplication> application_;
  EngineTransport* socket_ = nullptr;     // carries the session
  EngineTransport* candidate_ = nullptr;  // is being probed
  Answer poll_;                           // pending
  std::uint64_t last_poll_ = 0;
  std::vector<base::SharedBytes> queue_;
  std::size_t queue_bytes_ = 0;
  std::int64_t ping_due_ms_ = 0;
  std::int64_t alive_until_ms_ = 0;
  Alarm heartbeat_{*this};
  Alarm upgrade_{*this};
  Alarm connect_{*this};
  bool open_ = false;
  bool probed_ = false;  // the candidate has been answered: polls are not held any more
  bool overflown_ = false;
};

}  // namespace duplex::ws
