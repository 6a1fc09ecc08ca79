// What fetchSockets() tells of a socket.
#pragma once

#include <string>

namespace duplex::ws {

class SocketIoSocket;

// A JSON object with id, handshake, rooms and data, as a Socket.IO server in Node.js describes its
// own; `data` has the user of the client's token, if it has one.
std::string describe_socket(const SocketIoSocket& socket);

}  // namespace duplex::ws
