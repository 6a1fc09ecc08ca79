// Addresses of sockets as Redis prints them.
#pragma once

#include <string>

namespace duplex::net {

// "127.0.0.1:1234", "[::1]:1234", "/path:0" for both ends of a Unix connection, "?:0" when the
// kernel no longer knows.
std::string peer_address_of(int fd);
std::string local_address_of(int fd);
bool is_unix_socket(int fd);

}  // namespace duplex::net
