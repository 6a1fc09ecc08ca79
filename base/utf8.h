// UTF-8 checked as it arrives, cut anywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace duplex::base {

// Accepts the sequences of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
// Thread: confined to its owner.
class Utf8Validator {
 public:
  // Returns false as soon as the bytes so far cannot be the beginning of valid text.
  bool feed(std::string_view bytes);
  // True if no sequence is open.
  bool complete() const { return missing_ == 0; }
  void reset() { *this = Utf8Validator(); }

 private:
  bool start_sequence(unsigned char lead);

  std::uint8_t missing_ = 0;      // continuation bytes of the open sequence
  std::uint8_t next_min_ = 0x80;  // what the next continuation byte may be
  std::uint8_t next_max_ = 0xbf;
};

bool is_utf8(std::string_view text);

}  // namespace duplex::base
