// Which clients have read which key: what one shard's keys add to the tracking table.
#pragma once

#include "store/hashed_key.h"
#include "store/page_table.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// A client that reads, in eight bytes: its id and the loop that it lives on.
class Reader {
 public:
  Reader() = default;
  Reader(std::uint64_t client, std::size_t loop) : word_(std::uint64_t{loop} << id_bits | client) {}

  std::uint64_t client() const { return word_ & ((std::uint64_t{1} << id_bits) - 1); }
  std::size_t loop() const { return word_ >> id_bits; }
  auto operator<=>(const Reader&) const = default;

 private:
  static constexpr unsigned id_bits = 48;
  std::uint64_t word_ = 0;
};

// One key and who has read it, in one block of memory with the key's bytes behind it.
class TrackedKey {
 public:
  static TrackedKey* make(std::string_view key, Reader reader);
  void destroy();

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  bool has(Reader reader) const;
  // Requires: the reader is not known.
  void add(Reader reader);
  std::size_t reader_count() const { return others_ ? others_->size() : 1; }
  // Appends them in ascending order.
  void append_readers(std::vector<Reader>& readers) const;

 private:
  TrackedKey(std::size_t size, Reader reader)
      : first_(reader), size_(static_cast<std::uint32_t>(size)) {}

  Reader first_;
  // Ascending, the first one included; made when there are two.
  std::unique_ptr<std::vector<Reader>> others_;
  std::uint32_t size_;
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
