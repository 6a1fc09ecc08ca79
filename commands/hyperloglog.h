// HyperLogLog: an estimate of how many different elements were added, in Redis's bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

// The value of a string that is a HyperLogLog:
//
//   "HYLL" | encoding | 3 bytes | cached count (64 bits, the highest: not valid) | registers
//
// The 16384 registers are dense, 6 bits each, or sparse, a row of runs:
//
//   00xxxxxx            1 to 64 zeros           1vvvvvxx    1 to 4 times a value of 1 to 32
//   01xxxxxx + 1 byte   1 to 16384 zeros
//
// Functions that find the bytes damaged return nothing and leave them as they are.
class HyperLogLog {
 public:
  static constexpr std::size_t register_count = 1 << 14;
  static constexpr std::size_t header_bytes = 16;
  static constexpr std::size_t dense_bytes = header_bytes + register_count * 6 / 8;
  // One byte for each register, whatever the encoding.
  using Registers = std::array<std::uint8_t, register_count>;
  // The register that an element is about, and what it wants to be there.
  struct Mark {
    std::size_t index;
    std::uint8_t value;
  };

  // An empty, sparse one.
  HyperLogLog();
  // Requires: has_header(bytes).
  explicit HyperLogLog(std::string_view bytes) : bytes_(bytes) {}

  // Whether bytes start as they should, and have the size of a dense one if they are dense.
  static bool has_header(std::string_view bytes);
  static bool is_dense(std::string_view bytes);
  static Mark mark_of(std::string_view element);
  // Raises a register of dense bytes; returns whether that changed it.
  static bool raise_dense(char* bytes, Mark mark);

  // The count that was computed last, if nothing was added since.
  static std::optional<std::uint64_t> cached_count(std::string_view bytes);
  static void cache_count(char* bytes, std::uint64_t count);
  static void forget_count(char* bytes);

  // How many elements there seem to be.
  static std::optional<std::uint64_t> count(std::string_view bytes);
  static std::uint64_t count(const Registers& registers);
  // Raises registers to those of the bytes where these are higher. Returns false for damaged ones.
  static bool merge(std::string_view bytes, Registers& registers);
  // The runs of sparse bytes in words ("Z:10 v:1,2 z:5"), whether or not they are all registers.
  static std::string describe(std::string_view bytes);

  bool is_dense() const { return is_dense(bytes_); }
  const std::string& bytes() const { return bytes_; }
  char* data() { return bytes_.data(); }
  // Raises a register; returns whether that changed it. Sparse registers that would become larger
  // than `sparse_bytes_max`, header included, are made dense.
  std::optional<bool> raise(Mark mark, std::size_t sparse_bytes_max);
  // Returns false for damaged bytes.
  bool make_dense();

 private:
  struct Run;
  std::optional<bool> raise_sparse(Mark mark, std::size_t sparse_bytes_max);
  std::optional<bool> raise_promoted(Mark mark);
  void join_runs(std::size_t from);

  std::string bytes_;
};

}  // namespace duplex::commands
