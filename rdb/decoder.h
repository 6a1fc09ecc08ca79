// The primitives of RDB: lengths, strings and numbers, taken from bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::rdb {

// An error is half a sentence ("a string is longer than the file"); offset() is where it was met.
template <typename T>
using Decoded = std::expected<T, std::string_view>;

// Takes one primitive after the other. No claimed length is trusted: nothing is allocated that
// the bytes left could not fill.
//
// Thread: confined to its owner. Lifetime: the bytes outlive it; strings are valid as their
// functions say.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  Decoded<std::uint8_t> byte();
  Decoded<std::string_view> raw(std::size_t bytes);
  Decoded<std::uint64_t> length();
  // Little-endian, as expiry times are.
  Decoded<std::int32_t> int32();
  Decoded<std::int64_t> int64();
  // A string in any encoding. It points into the bytes, or into `scratch` if it had to be built.
  Decoded<std::string_view> string(std::string& scratch);

  // A string that the caller copies before the next call of this function.
  Decoded<std::string_view> passing_string() { return string(passing_); }

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }

 private:
  // A length, or the number of a special string encoding.
  struct Length {
    std::uint64_t value = 0;
    bool is_encoding = false;
  };

  Decoded<Length> any_length();
  template <typename Integer>
  Decoded<Integer> little_endian();
  template <typename Integer>
  Decoded<std::string_view> integer_text(std::string& scratch);
  Decoded<std::string_view> compressed(std::string& scratch);

  std::string_view bytes_;
  std::size_t offset_ = 0;
  std::string passing_;  // keeps its memory from string to string
};

}  // namespace duplex::rdb
