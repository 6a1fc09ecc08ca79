// Which clients have read which key: what one shard's keys add to the tracking table.
#pragma once

#include "store/hashed_key.h"
#include "store/page_table.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// A client that reads, in eight bytes: its id and the loop that it lives on.
class Reader {
 public:
  static constexpr std::size_t loops_max = 256;

  Reader() = default;
  Reader(std::uint64_t client, std::size_t loop) : word_(std::uint64_t{loop} << id_bits | client) {}

  std::uint64_t client() const { return word_ & ((std::uint64_t{1} << id_bits) - 1); }
  std::size_t loop() const { return word_ >> id_bits; }
  auto operator<=>(const Reader&) const = default;

 private:
  friend class Neighbours;

  static constexpr unsigned id_bits = 44;
  std::uint64_t word_ = 0;
};

// Up to sixteen readers, in eight bytes: clients of one loop whose ids differ in the lowest four
// bits only. Those of an application connect one after the other, so a few of these hold all.
class Neighbours {
 public:
  Neighbours() = default;
  explicit Neighbours(Reader reader) : word_(reader.word_ >> low_bits << count | bit(reader)) {}

  bool is_empty() const { return word_ == 0; }
  // Whether this is where a reader belongs.
  bool may_have(Reader reader) const { return word_ >> count == reader.word_ >> low_bits; }
  bool has(Reader reader) const { return (word_ & bit(reader)) != 0; }
  // Requires: may_have() it.
  void add(Reader reader) { word_ |= bit(reader); }
  // Equal for readers who are neighbours; the low bits are mixed.
  static std::size_t hash(Reader reader) {
    return ((reader.word_ >> low_bits) * 0x9e37'79b9'7f4a'7c15u) >> 32;
  }
  // The first one that there may be.
  Reader lowest() const;
  // Appends them in ascending order.
  void append_to(std::vector<Reader>& readers) const;

 private:
  static constexpr unsigned low_bits = 4;
  static constexpr unsigned count = 1u << low_bits;
  static std::uint64_t bit(Reader reader) {
    return std::uint64_t{1} << (reader.word_ & (count - 1));
  }

  std::uint64_t word_ = 0;
};

// One key and who has read it, in one block of memory: this header, the key's bytes, and a hash
// table of readers, in which neighbours stand at their home or at one of the places behind it. So a
// read of a key that is tracked touches two or three lines of memory, however many have read it.
class TrackedKey {
 public:
  static TrackedKey* make(std::string_view key, Reader reader);
  void destroy() { ::operator delete(this); }

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  bool has(Reader reader) const;
  // Returns where the key is now: in this block, or in a larger one, and then this one is freed.
  // Requires: the reader is not known.
  TrackedKey* add(Reader reader);
  std::size_t reader_count() const { return count_; }
  // Appends them in ascending order.
  void append_readers(std::vector<Reader>& readers) const;

 private:
  TrackedKey(std::string_view key, std::size_t places);

  static TrackedKey* make_empty(std::string_view key, std::size_t places);
  // The same with twice the places.
  TrackedKey* enlarged() const;
  std::span<Neighbours> places();
  std::span<const Neighbours> places() const;
  // The place of a reader and its neighbours, or an empty one for them; nullptr: all are taken.
  Neighbours* find(Reader reader);

  std::uint32_t size_;
  std::uint32_t count_ = 0;
  std::uint32_t taken_ = 0;    // places
  std::uint32_t place_count_;  // a power of two
};

// Thread: under the lock of its shard. The destructor frees all keys.
class TrackedKeys {
 public:
  // How many clients may have read a key, gone ones included, before all are told to forget it.
  static constexpr std::size_t readers_max = 32 * 1024;
  enum class Added : std::uint8_t {
    nothing,
    reader,
    key,
    full,  // not added: there are readers_max
  };

  std::size_t size() const { return table_.size(); }
  Added add(const store::HashedKey& key, Reader reader);
  // Takes a key out and puts its readers, in ascending order, in the place of `readers`; false if
  // nobody has read it.
  bool take(const store::HashedKey& key, std::vector<Reader>& readers);
  // A key chosen with `random` (any 64 bits). Valid until it is taken. Requires: size() != 0.
  std::string_view random_key(std::uint64_t random) const;

 private:
  class Slot {
   public:
    Slot() = default;
    explicit Slot(TrackedKey* key) : key_(key) {}
    TrackedKey* operator->() const { return key_; }
    TrackedKey& operator*() const { return *key_; }

    std::uint64_t hash() const { return base::hash_bytes(key_->key()); }
    bool equals(std::string_view text) const { return key_->key() == text; }
    const void* target() const { return key_; }
    static bool is_timed() { return false; }
    static std::int64_t due_ms() { return store::never_due; }
    void destroy() const { key_->destroy(); }

   private:
    TrackedKey* key_ = nullptr;
  };

  store::PageTable<Slot> table_;
};

}  // namespace duplex::commands
