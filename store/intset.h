// A small set of integers as one block of bytes: Redis's intset, byte for byte.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace duplex::store {

//   width (32 bits: 2, 4 or 8) | integers (32 bits) | integer …
//
// All little-endian; the integers ascend, each has the width. The width grows with the integers and
// never shrinks. RDB files and DUMP hold the same bytes.
//
// Reads an intset that something else owns.
// Lifetime: until the intset is changed.
class IntsetView {
 public:
  static constexpr std::size_t header_bytes = 8;

  explicit IntsetView(const void* block) : block_(static_cast<const char*>(block)) {}

  std::size_t size() const { return load<std::uint32_t>(4); }
  std::size_t width() const { return load<std::uint32_t>(0); }
  std::size_t bytes() const { return header_bytes + size() * width(); }
  std::string_view blob() const { return {block_, bytes()}; }

  // Requires: index < size().
  std::int64_t at(std::size_t index) const { return at(index, width()); }
  bool contains(std::int64_t integer) const {
    const Place place = find(integer);
    return place.found;
  }

  // Calls `visit(std::int64_t)` for each integer from an index on, in ascending order.
  template <typename Visit>
  void for_each(Visit&& visit, std::size_t from = 0) const {
    const std::size_t each = width();
    const std::size_t end = size();
    for (std::size_t i = from; i < end; ++i)
      visit(at(i, each));
  }

  // Whether untrusted bytes are an intset, whole and with nothing behind it.
  static bool is_valid(std::string_view bytes);

 protected:
  struct Place {
    std::size_t index;  // of the integer, or of the first one above it
    bool found;
  };
  Place find(std::int64_t integer) const;

  template <typename Number>
  Number load(std::size_t offset) const {
    static_assert(std::endian::native == std::endian::little);
    Number number;
    std::memcpy(&number, block_ + offset, sizeof number);
    return number;
  }
  std::int64_t at(std::size_t index, std::size_t width) const {
    const std::size_t offset = header_bytes + index * width;
    if (width == sizeof(std::int16_t)) return load<std::int16_t>(offset);
    if (width == sizeof(std::int32_t)) return load<std::int32_t>(offset);
    return load<std::int64_t>(offset);
  }

  const char* block_;
};

// Owns an intset, which takes one block from the allocator; the object is the pointer to it.
// Thread: as its owner.
class Intset : public IntsetView {
 public:
  // Nothing grows an intset beyond this, whatever the limits say.
  static constexpr std::size_t size_max = std::size_t{1} << 30;

  // An empty one.
  Intset();
  // A copy of bytes that are an intset. Requires: is_valid(bytes).
  static Intset from_bytes(std::string_view bytes);
  // Takes over what release() or clone() gave.
  static Intset adopt(void* block) { return Intset(Adopted{}, block); }
  void* release() { return const_cast<char*>(std::exchange(block_, nullptr)); }

  ~Intset() { destroy(release()); }
  Intset(Intset&& other) noexcept : IntsetView(other.release()) {}
  Intset& operator=(Intset&& other) noexcept {
    if (this != &other) {
      destroy(release());
      block_ = static_cast<const char*>(other.release());
    }
    return *this;
  }

  // For entries that own the block themselves.
  static void destroy(void* block) { ::operator delete(block); }
  static void* clone(const void* block) { return from_bytes(IntsetView(block).blob()).release(); }
  static std::size_t memory_bytes(const void* block);
  static bool is_heavy(const void*) { return false; }

  // Each returns whether it changed anything.
  bool add(std::int64_t integer);
  bool erase(std::int64_t integer);
  // Requires: index < size().
  void erase_at(std::size_t index);

 private:
  struct Adopted {};
  Intset(Adopted, void* block) : IntsetView(block) {}

  char* block() { return const_cast<char*>(block_); }
  // Makes room for `bytes`, keeping the first `kept`.
  void reserve(std::size_t bytes, std::size_t kept);
  void set_header(std::size_t width, std::size_t size);
  void set(std::size_t index, std::size_t width, std::int64_t integer);
  // Adds an integer that needs a larger width, so it comes before all others or behind them.
  void widen(std::size_t width, std::int64_t integer);
};

}  // namespace duplex::store
