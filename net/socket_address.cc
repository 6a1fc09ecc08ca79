// Asking the kernel for addresses and formatting them.
#include "net/socket_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace duplex::net {

namespace {

// One end's address, with room for every family. The union is how the kernel sees it.
union Address {
  sockaddr any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
  sockaddr_un unix_path;
};

using Query = int (*)(int, sockaddr*, socklen_t*);

std::string unix_text(const Address& address, socklen_t length) {
  const std::size_t before_path = offsetof(sockaddr_un, sun_path);
  if (length <= before_path) return ":0";
  const std::string_view path(address.unix_path.sun_path, length - before_path);
  return fmt::format("{}:0", path.substr(0, path.find('\0')));
}

std::string address_text(int fd, Query query) {
  Address address{};
  socklen_t length = sizeof address;
  if (query(fd, &address.any, &length) != 0) return "?:0";
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.any.sa_family) {
    case AF_INET:
      ::inet_ntop(AF_INET, &address.ipv4.sin_addr, text, sizeof text);
      return fmt::format("{}:{}", text, ntohs(address.ipv4.sin_port));
    case AF_INET6:
      ::inet_ntop(AF_INET6, &address.ipv6.sin6_addr, text, sizeof text);
      return fmt::format("[{}]:{}", text, ntohs(address.ipv6.sin6_port));
    case AF_UNIX:
      // The connecting end has no name; Redis prints the server's path for both.
      if (query == ::getpeername) return address_text(fd, ::getsockname);
      return unix_text(address, std::min<socklen_t>(length, sizeof(sockaddr_un)));
    default:
      return "?:0";
  }
}

}  // namespace

std::string peer_address_of(int fd) {
  return address_text(fd, ::getpeername);
}

std::string local_address_of(int fd) {
  return address_text(fd, ::getsockname);
}

bool is_unix_socket(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  return ::getsockname(fd, &address.any, &length) == 0 && address.any.sa_family == AF_UNIX;
}

}  // namespace duplex::net
