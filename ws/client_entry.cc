// A WebSocket as one of the server's clients.
#include "ws/client_entry.h"

#include <algorithm>
#include <utility>

namespace duplex::ws {

ClientEntry::ClientEntry(net::EventLoop& loop,
                         commands::ClientRegistry* registry,
                         std::function<void()> close)
    : loop_(loop), registry_(registry), close_(std::move(close)) {}

ClientEntry::~ClientEntry() {
  if (registry_ != nullptr && socket_ != nullptr) registry_->remove(client_);
}

void ClientEntry::enter(const net::Socket& socket) {
  socket_ = &socket;
  client_.connection = this;
  client_.loop = loop_.index();
  client_.address = socket.peer_address();
  client_.local_address = socket.local_address();
  client_.fd = socket.descriptor();
  client_.library_name = "websocket";
  client_.created_ms = loop_.now_ms();
  client_.last_active_ms.store(client_.created_ms, std::memory_order_relaxed);
  client_.authenticated.store(true, std::memory_order_relaxed);
  if (registry_ != nullptr) registry_->add(client_);
}

void ClientEntry::note_input() {
  client_.last_active_ms.store(loop_.now_ms(), std::memory_order_relaxed);
  client_.input_bytes_total.store(socket_->bytes_received(), std::memory_order_relaxed);
  note_output();
}

void ClientEntry::note_output() {
  output_bytes_.store(socket_->pending_output_bytes(), std::memory_order_relaxed);
  client_.output_bytes_total.store(socket_->bytes_sent(), std::memory_order_relaxed);
}

void ClientEntry::set_names(std::string_view name, std::string_view library) {
  const bool is_plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  const auto change = [&](commands::Client& client) {
    client.name = is_plain ? name : std::string_view();
    client.library_name = library;
  };
  if (registry_ != nullptr) registry_->change(client_, change);
}

void ClientEntry::count_channel(bool begins) {
  if (begins)
    client_.channels_count.fetch_add(1, std::memory_order_relaxed);
  else
    client_.channels_count.fetch_sub(1, std::memory_order_relaxed);
}

void ClientEntry::request_close() {
  loop_.post([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) close_();
  });
}

std::size_t ClientEntry::output_bytes() const {
  return output_bytes_.load(std::memory_order_relaxed);
}

}  // namespace duplex::ws
