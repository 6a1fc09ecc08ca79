// The state machine of UTF-8, with a fast path for ASCII.
#include "base/utf8.h"

#include <cstddef>
#include <cstring>

namespace duplex::base {

namespace {

// How many bytes at the front are ASCII, counted in steps of eight.
std::size_t ascii_prefix(std::string_view bytes) {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return at;
}

}  // namespace

bool Utf8Validator::start_sequence(unsigned char lead) {
  next_min_ = 0x80;
  next_max_ = 0xbf;
  if (lead < 0x80) return true;
  if (lead >= 0xc2 && lead <= 0xdf) {
    missing_ = 1;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    missing_ = 2;
    if (lead == 0xe0) next_min_ = 0xa0;  // below: overlong
    if (lead == 0xed) next_max_ = 0x9f;  // above: surrogates
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    missing_ = 3;
    if (lead == 0xf0) next_min_ = 0x90;  // below: overlong
    if (lead == 0xf4) next_max_ = 0x8f;  // above: beyond U+10FFFF
  } else {
    return false;
  }
  return true;
}

bool Utf8Validator::feed(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (missing_ == 0) {
      at += ascii_prefix(bytes.substr(at));
      if (at == bytes.size()) break;
    }
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    if (missing_ == 0) {
      if (!start_sequence(byte)) return false;
      continue;
    }
    if (byte < next_min_ || byte > next_max_) return false;
    next_min_ = 0x80;
    next_max_ = 0xbf;
    --missing_;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace duplex::base
