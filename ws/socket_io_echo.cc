// Arguments go back as they came, attachments and all.
#include "ws/socket_io_echo.h"

#include "ws/socket_io_socket.h"

#include <fmt/format.h>

namespace duplex::ws {

void SocketIoEcho::on_connected(SocketIoSocket& socket, std::string_view auth) {
  socket.emit(fmt::format(R"(["auth",{}])", auth));
}

bool SocketIoEcho::handle(SocketIoSocket& socket, const SocketIoCall& call) {
  if (call.event == "message") {
    socket.emit(
        fmt::format(R"(["message-back"{}{}])", call.arguments.empty() ? "" : ",", call.arguments),
        call.attachments);
    return true;
  }
  if (call.event != "message-with-ack") return false;
  socket.ack(call.ack, call.arguments, call.attachments);
  return true;
}

}  // namespace duplex::ws
