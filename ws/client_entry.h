// A WebSocket as one of the server's clients: CLIENT LIST shows it, CLIENT KILL ends it, INFO and
// `maxclients` count it.
#pragma once

#include "commands/client.h"
#include "commands/client_registry.h"
#include "commands/connection.h"
#include "net/event_loop.h"
#include "net/socket.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace duplex::ws {

// Thread: confined to its loop, but for what commands::Connection says.
// Lifetime: the registry's, if there is one, from enter() to the destructor.
class ClientEntry final : public commands::Connection {
 public:
  // `close`: ends the connection; called on the loop, not after this entry is gone.
  ClientEntry(net::EventLoop& loop,
              commands::ClientRegistry* registry,
              std::function<void()> close);
  ~ClientEntry() override;

  // The connection begins. Lifetime: the socket outlives this entry.
  void enter(const net::Socket& socket);
  // Something has come.
  void note_input();
  // What waits to be sent has become more or less.
  void note_output();
  // CLIENT LIST's `name` and `lib-name`; a name with blanks or control characters is not shown.
  void set_names(std::string_view name, std::string_view library);
  // One channel more or one fewer is subscribed.
  void count_channel(bool begins);

  // commands::Connection
  void close_after_reply() override { close_(); }
  void request_close() override;
  void request_resume() override {}      // runs no commands of its own
  void request_unblock() override {}     // never waits for a key
  void request_user_check() override {}  // tokens say who it is
  std::size_t output_bytes() const override;
  std::size_t input_bytes() const override { return 0; }

 private:
  net::EventLoop& loop_;
  commands::ClientRegistry* const registry_;
  const std::function<void()> close_;
  const net::Socket* socket_ = nullptr;
  commands::Client client_;
  std::atomic<std::size_t> output_bytes_{0};
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace duplex::ws
