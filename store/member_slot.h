// A member of a large set in eight bytes: itself where it is short, else a pointer to it.
#pragma once

#include "base/hash.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "store/page_table.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>

namespace duplex::store {

// The two lowest bits say what the others are:
//
//   00  the address of a block: size (32 bits) | bytes
//   01  a canonical integer of 62 bits
//   10  a text of up to seven bytes: the rest of the lowest byte is its size
//
// Each text has one form only, so equal immediate members are equal words. A slot is a value; the
// table that holds it calls destroy().
class MemberSlot {
 public:
  MemberSlot() = default;
  // Allocates if the text is neither a small integer nor short.
  explicit MemberSlot(std::string_view text) : word_(immediate(text)) {
    if (word_ != 0) return;
    const auto size = static_cast<std::uint32_t>(text.size());
    char* const block = static_cast<char*>(::operator new(sizeof size + text.size()));
    std::memcpy(block, &size, sizeof size);
    std::memcpy(block + sizeof size, text.data(), text.size());
    word_ = reinterpret_cast<std::uintptr_t>(block);
  }

  // `scratch` has int64_digits_max bytes. Valid as long as both the slot's member and the scratch.
  std::string_view text(char* scratch) const {
    switch (word_ & kind_mask) {
      case integer_kind:
        return {scratch, base::write_int64(integer(), scratch)};
      case text_kind:
        std::memcpy(scratch, reinterpret_cast<const char*>(&word_) + 1, sizeof word_ - 1);
        return {scratch, short_size()};
      default:
        return long_text();
    }
  }

  std::uint64_t hash() const {
    char scratch[base::int64_digits_max];
    return base::hash_bytes(text(scratch));
  }
  bool equals(std::string_view other) const {
    if ((word_ & kind_mask) == block_kind) return long_text() == other;
    return word_ == immediate(other);
  }
  const void* target() const {
    return (word_ & kind_mask) == block_kind ? reinterpret_cast<const void*>(word_) : nullptr;
  }
  static bool is_timed() { return false; }
  static std::int64_t due_ms() { return never_due; }
  void destroy() const {
    if ((word_ & kind_mask) == block_kind) ::operator delete(reinterpret_cast<void*>(word_));
  }
  // Another slot for the same text.
  MemberSlot copy() const {
    return (word_ & kind_mask) == block_kind ? MemberSlot(long_text()) : *this;
  }
  // What the member takes outside the slot.
  std::size_t outside_bytes() const {
    return (word_ & kind_mask) == block_kind ? base::usable_size(target()) : 0;
  }

 private:
  static constexpr std::uint64_t kind_mask = 3;
  static constexpr std::uint64_t block_kind = 0;
  static constexpr std::uint64_t integer_kind = 1;
  static constexpr std::uint64_t text_kind = 2;
  static constexpr unsigned kind_bits = 2;
  static constexpr std::size_t short_text_max = 7;
  static constexpr std::int64_t integer_max = std::numeric_limits<std::int64_t>::max() >> kind_bits;
  static_assert(std::endian::native == std::endian::little);

  // The word of a text that needs no block, else 0.
  static std::uint64_t immediate(std::string_view text) {
    if (const auto number = base::parse_int64(text);
        number && *number <= integer_max && *number >= -integer_max - 1)
      return static_cast<std::uint64_t>(*number) << kind_bits | integer_kind;
    if (text.size() > short_text_max) return 0;
    std::uint64_t word = text.size() << kind_bits | text_kind;
    if (!text.empty()) std::memcpy(reinterpret_cast<char*>(&word) + 1, text.data(), text.size());
    return word;
  }
  std::int64_t integer() const { return static_cast<std::int64_t>(word_) >> kind_bits; }
  std::size_t short_size() const { return (word_ >> kind_bits) & short_text_max; }
  std::string_view long_text() const {
    const auto* block = reinterpret_cast<const char*>(word_);
    std::uint32_t size = 0;
    std::memcpy(&size, block, sizeof size);
    return {block + sizeof size, size};
  }

  std::uint64_t word_ = 0;
};

}  // namespace duplex::store
