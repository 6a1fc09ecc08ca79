// DEBUG DIGEST's numbers: equal for equal data, whichever server holds it and however it keeps it.
#pragma once

#include "base/sha1.h"
#include "store/entry.h"

#include <cstdint>
#include <string_view>

namespace duplex::commands {

// Sums of texts as redis-server makes them. What is added keeps no order; what is mixed in makes a
// difference by its place.
class DataDigest {
 public:
  void add(std::string_view text);
  void add(const DataDigest& other) { add(other.text()); }
  // Adds what another one is the sum of.
  void merge(const DataDigest& other);
  void mix(std::string_view text);
  // Four bytes, the highest first.
  void mix_number(std::uint32_t number);
  // The value of an entry and whether it has an expiry; fields of hashes that have ended are not
  // there. Not its key.
  void mix_value(const store::Entry& entry, std::int64_t now_ms);

  const base::Sha1Digest& bytes() const { return bytes_; }

 private:
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  base::Sha1Digest bytes_{};
};

}  // namespace duplex::commands
