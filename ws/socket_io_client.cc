// Packets in: namespaces joined and left, events, acks.
#include "ws/socket_io_client.h"

#include "base/clock.h"
#include "realtime/json_text.h"
#include "realtime/revocations.h"
#include "ws/engine_sessions.h"
#include "ws/http_front.h"
#include "ws/socket_io_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace duplex::ws {

namespace {

using realtime::Denial;

constexpr Denial method_not_found{104, "method not found"};
constexpr Denial too_many_requests{111, "too many requests", true};

// What the attachments of one packet may have together, in messages of full size.
constexpr std::size_t attachment_payloads_max = 4;

// The room that everybody with a user's token is in.
std::string user_room(const realtime::Identity& identity) {
  return "user:" + identity.user;
}

}  // namespace

SocketIoClient::SocketIoClient(EngineSession& session, SocketIoLoop& loop)
    : session_(session),
      loop_(loop),
      events_(loop.options().events, HttpFront::now_ms()),
      refusals_(loop.options().refusals, HttpFront::now_ms()) {}

void SocketIoClient::on_message(bool is_text, std::string_view data) {
  if (!is_text) return take_attachment(data);
  const auto packet = incomplete_ ? std::nullopt : read_socket_io_packet(data);
  if (!packet) return session_.close(EngineEnd::protocol);
  if (packet->attachments == 0) return take(*packet, {});
  incomplete_ = std::make_unique<Incomplete>(std::string(data), packet->attachments);
}

void SocketIoClient::take_attachment(std::string_view bytes) {
  if (!incomplete_) return session_.close(EngineEnd::protocol);
  incomplete_->bytes += bytes.size();
  if (incomplete_->bytes > attachment_payloads_max * session_.owner().options().payload_bytes_max)
    return session_.close(EngineEnd::protocol);
  incomplete_->attachments.emplace_back(bytes);
  if (incomplete_->attachments.size() < incomplete_->expected) return;
  const auto complete = std::move(incomplete_);
  take(*read_socket_io_packet(complete->text), complete->attachments);
}

void SocketIoClient::take(const SocketIoPacket& packet, std::span<const std::string> attachments) {
  SocketIoSocket* socket = find(packet.name_space);
  if ((socket == nullptr) != (packet.type == SocketIoType::connect))
    return session_.close(EngineEnd::protocol);
  switch (packet.type) {
    case SocketIoType::connect:
      return connect(packet);
    case SocketIoType::disconnect:
      return remove(*socket);
    case SocketIoType::event:
    case SocketIoType::binary_event:
      return take_event(*socket, packet, attachments);
    case SocketIoType::ack:
    case SocketIoType::binary_ack:
      if (packet.id) socket->take_ack(*packet.id, inside_of_array(packet.data), attachments);
      return;
    case SocketIoType::connect_error:
      return session_.close(EngineEnd::protocol);
  }
}

void SocketIoClient::connect(const SocketIoPacket& packet) {
  const SocketIoOptions& options = loop_.options();
  if (std::ranges::find(options.namespaces, packet.name_space) == options.namespaces.end())
    return refuse(packet.name_space, {.message = "Invalid namespace"});
  const std::string_view auth = packet.data.empty() ? "{}" : packet.data;
  const auto member = realtime::json_member(auth, "token");
  auto identity = std::make_shared<const realtime::Identity>();
  if (options.authenticate) {
    const auto token = member ? json_string_value(*member).value_or("?") : std::string();
    auto known = loop_.front().authority().authenticate(token, base::wall_ms());
    if (!known) return refuse(packet.name_space, known.error());
    if (const auto denial = realtime::check_revoked(loop_.front().commands(), **known))
      return refuse(packet.name_space, *denial);
    identity = std::move(*known);
  }
  connected_ = true;
  watch_expiry(*identity);
  sockets_.push_back(std::make_unique<SocketIoSocket>(*this,
                                                      new_engine_sid(loop_.front().loop().index()),
                                                      std::string(packet.name_space),
                                                      std::string(auth),
                                                      identity));
  SocketIoSocket& socket = *sockets_.back();
  loop_.rooms().add(socket);
  loop_.orders().add(socket);
  if (!identity->user.empty()) loop_.rooms().join(socket, user_room(*identity));
  for (const std::string& channel : identity->channels)
    loop_.rooms().join(socket, channel);
  const std::string data = fmt::format(R"({{"sid":"{}"}})", socket.id());
  append_socket_io_packet(
      scratch(), {.type = SocketIoType::connect, .name_space = socket.name_space(), .data = data});
  session_.send_text(scratch_);
  for (EventRouter* router : loop_.routers())
    if (find(packet.name_space) == &socket) router->on_connected(socket, socket.auth());
}

void SocketIoClient::refuse(std::string_view name_space, const Denial& denial) {
  std::string data = R"({"message":)";
  realtime::append_json_string(data, denial.message);
  if (denial.code != 0) data += fmt::format(R"(,"data":{{"code":{}}})", denial.code);
  data += '}';
  append_socket_io_packet(
      scratch(), {.type = SocketIoType::connect_error, .name_space = name_space, .data = data});
  session_.send_text(scratch_);
}

void SocketIoClient::take_event(SocketIoSocket& socket,
                                const SocketIoPacket& packet,
                                std::span<const std::string> attachments) {
  if (!allow_event(socket, packet.id)) return;
  const std::string_view inside = inside_of_array(packet.data);
  const std::string_view first = json_elements(inside).front();
  const std::string name = json_string_value(first).value_or(std::string(first));
  std::string_view arguments = inside.substr(first.size());
  arguments.remove_prefix(std::min(arguments.find(',') + 1, arguments.size()));
  const SocketIoCall call{
      .event = name, .arguments = arguments, .attachments = attachments, .ack = packet.id};
  if (loop_.events().handle(socket, call)) return;
  for (EventRouter* router : loop_.routers())
    if (router->handle(socket, call)) return;
  socket.ack_error(packet.id, method_not_found.code, method_not_found.message);
}

bool SocketIoClient::allow_event(SocketIoSocket& socket, std::optional<std::uint64_t> ack) {
  const SocketIoOptions& options = loop_.options();
  const std::int64_t now_ms = HttpFront::now_ms();
  if (!options.authenticate || events_.take(options.events, now_ms)) return true;
  if (refusals_.take(options.refusals, now_ms))
    socket.ack_error(ack, too_many_requests.code, too_many_requests.message);
  else
    session_.close(EngineEnd::protocol);
  return false;
}

// A client whose token has run out comes back with a new one when its transport ends; after a
// disconnect packet it would not.
void SocketIoClient::watch_expiry(const realtime::Identity& identity) {
  if (identity.expires_s == 0 || (expires_s_ != 0 && expires_s_ <= identity.expires_s)) return;
  expires_s_ = identity.expires_s;
  net::EventLoop& loop = loop_.front().loop();
  loop.cancel(std::exchange(expiry_, 0));
  const std::int64_t delay_ms = std::max<std::int64_t>(expires_s_ * 1000 - base::wall_ms(), 0);
  expiry_ = loop.after(std::chrono::milliseconds(delay_ms), [this] {
    expiry_ = 0;
    session_.close(EngineEnd::by_server);
  });
}

SocketIoSocket* SocketIoClient::find(std::string_view name_space) {
  const auto found =
      std::ranges::find(sockets_, name_space, [](const auto& socket) -> const std::string& {
        return socket->name_space();
      });
  return found == sockets_.end() ? nullptr : found->get();
}

void SocketIoClient::remove(SocketIoSocket& socket) {
  const auto found = std::ranges::find(sockets_, &socket, &std::unique_ptr<SocketIoSocket>::get);
  if (found == sockets_.end()) return;
  const std::unique_ptr<SocketIoSocket> leaving = std::move(*found);
  sockets_.erase(found);
  for (EventRouter* router : loop_.routers())
    router->on_disconnected(*leaving);
  loop_.orders().remove(*leaving);
  loop_.rooms().remove(*leaving);
}

void SocketIoClient::on_connect_timeout() {
  if (!connected_) session_.close(EngineEnd::protocol);
}

void SocketIoClient::on_closed(EngineEnd) {
  loop_.front().loop().cancel(std::exchange(expiry_, 0));
  while (!sockets_.empty())
    remove(*sockets_.back());
}

}  // namespace duplex::ws
