// One Socket.IO connection: its namespaces, and the packets between them and the session.
#pragma once

#include "net/timer_queue.h"
#include "realtime/authority.h"
#include "realtime/token_bucket.h"
#include "ws/engine_session.h"
#include "ws/socket_io_packet.h"
#include "ws/socket_io_socket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

class SocketIoLoop;

// Thread: confined to its loop. Lifetime: the session owns it; the loop's part outlives it.
class SocketIoClient final : public EngineApplication {
 public:
  SocketIoClient(EngineSession& session, SocketIoLoop& loop);

  EngineSession& session() { return session_; }
  SocketIoLoop& loop() { return loop_; }
  // Empty, for one packet that is sent at once.
  std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }
  // The socket leaves its namespace and is destroyed.
  void remove(SocketIoSocket& socket);

 private:
  // A packet that waits for its attachments.
  struct Incomplete {
    std::string text;
    std::size_t expected = 0;
    std::size_t bytes = 0;  // of the attachments that have come
    std::vector<std::string> attachments{};
  };

  void on_message(bool is_text, std::string_view data) override;
  void on_connect_timeout() override;
  void on_closed(EngineEnd reason) override;

  void take_attachment(std::string_view bytes);
  void take(const SocketIoPacket& packet, std::span<const std::string> attachments);
  void connect(const SocketIoPacket& packet);
  // A denial without code says only its message.
  void refuse(std::string_view name_space, const realtime::Denial& denial);
  void take_event(SocketIoSocket& socket,
                  const SocketIoPacket& packet,
                  std::span<const std::string> attachments);
  bool allow_event(SocketIoSocket& socket, std::optional<std::uint64_t> ack);
  void watch_expiry(const realtime::Identity& identity);
  SocketIoSocket* find(std::string_view name_space);

  EngineSession& session_;
  SocketIoLoop& loop_;
  std::vector<std::unique_ptr<SocketIoSocket>> sockets_;
  std::unique_ptr<Incomplete> incomplete_;
  std::string scratch_;
  realtime::TokenBucket events_;
  realtime::TokenBucket refusals_;
  std::int64_t expires_s_ = 0;  // the first of the tokens; 0: none does
  net::TimerId expiry_ = 0;
  bool connected_ = false;  // to some namespace, at some time
};

}  // namespace duplex::ws
