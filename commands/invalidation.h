// What a client that caches is told to forget.
#pragma once

#include "base/shared_bytes.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::commands {

struct Invalidation {
  enum class Source : std::uint8_t {
    read_key,    // the client had read it
    prefix,      // the client had asked for all keys of a prefix
    flush,       // everything was
    redirected,  // another client had it sent here
  };

  Source source = Source::read_key;
  std::uint64_t client = 0;  // who is to be told; flush: all of the loop who track
  std::uint64_t during = 0;  // read_key: whose command it was that changed the key
  base::SharedBytes keys;    // an array, the same in both protocols; flush: not set
};

// Keys as a RESP array.
base::SharedBytes encoded_keys(std::span<const std::string_view> keys);

}  // namespace duplex::commands
