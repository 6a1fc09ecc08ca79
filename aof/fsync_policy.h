// When the log is synced to the disk: the values of `appendfsync`.
#pragma once

#include <cstdint>

namespace duplex::aof {

enum class FsyncPolicy : std::uint8_t {
  always,    // before a reply leaves
  everysec,  // about once a second
  no,        // when the operating system likes
};

}  // namespace duplex::aof
