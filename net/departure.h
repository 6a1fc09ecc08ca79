// A connection on its way from one loop to another.
#pragma once

#include "net/descriptor.h"
#include "net/tls_channel.h"

#include <memory>
#include <string>

namespace duplex::net {

// All there is to a connection while no loop has it. Thread: any, one at a time.
struct Departed {
  Descriptor descriptor;
  std::unique_ptr<TlsChannel> tls;  // null for plain text
  std::string input;                // what had arrived and nobody has taken
};

}  // namespace duplex::net
