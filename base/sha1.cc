// SHA-1 as FIPS 180-4 defines it.
#include "base/sha1.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace duplex::base {

namespace {

constexpr std::size_t block_bytes = 64;
constexpr std::size_t rounds = 80;

using State = std::array<std::uint32_t, 5>;

std::uint32_t word_at(const std::uint8_t* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::byteswap(word);
}

// The function and the constant of a round.
std::uint32_t mixed(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

void take_block(State& state, const std::uint8_t* block) {
  std::array<std::uint32_t, rounds> words;
  for (std::size_t i = 0; i < 16; ++i)
    words[i] = word_at(block + 4 * i);
  for (std::size_t i = 16; i < rounds; ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::uint32_t next = std::rotl(a, 5) + mixed(i, b, c, d) + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

}  // namespace

Sha1Digest sha1(std::string_view bytes) {
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= block_bytes; left -= block_bytes, at += block_bytes)
    take_block(state, at);
  // What is left, a one bit, zeros, and the size in bits: one block, or two.
  std::array<std::uint8_t, 2 * block_bytes> tail{};
  if (left != 0) std::memcpy(tail.data(), at, left);
  tail[left] = 0x80;
  const std::size_t tail_bytes = left + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
  const std::uint64_t bits = std::byteswap(std::uint64_t{bytes.size()} * 8);
  std::memcpy(tail.data() + tail_bytes - sizeof bits, &bits, sizeof bits);
  for (std::size_t i = 0; i < tail_bytes; i += block_bytes)
    take_block(state, tail.data() + i);

  Sha1Digest digest;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::uint32_t word = std::byteswap(state[i]);
    std::memcpy(digest.data() + 4 * i, &word, sizeof word);
  }
  return digest;
}

}  // namespace duplex::base
