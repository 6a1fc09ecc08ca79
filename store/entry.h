// One key with its value, expiry and access clock in one allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace duplex::store {

enum class ValueType : std::uint8_t { string, list, set, sorted_set, hash, stream };

// How a value is kept; the names OBJECT ENCODING answers are encoding_name()'s.
enum class Encoding : std::uint8_t {
  integer,    // a string that is a canonical 64-bit integer
  embedded,   // a short string
  raw,        // a long string, or one that was modified in place
  listpack,   // a small collection as one block of bytes
  intset,     // a small set of integers as one block of bytes
  quicklist,  // a list as a row of listpacks
  hashtable,  // a set or a hash
  skiplist,   // a sorted set with an index; the name is Redis's, the thing is a tree
  stream,
};

std::string_view type_name(ValueType type);
std::string_view encoding_name(Encoding encoding);

// Milliseconds since 1970 at which a key ends; no_expiry for keys that stay.
inline constexpr std::int64_t no_expiry = std::numeric_limits<std::int64_t>::max();

// Strings up to this size are kept inside their entry, longer ones behind a pointer with room to
// grow.
inline constexpr std::size_t inline_value_bytes_max = 512;
// OBJECT ENCODING answers embstr up to this size.
inline constexpr std::size_t embedded_bytes_max = 44;

// How many elements of a collection are looked at to tell how much memory it takes.
inline constexpr std::size_t memory_samples = 64;

class Entry;
struct EntryDeleter {
  void operator()(Entry* entry) const;
};
using EntryPtr = std::unique_ptr<Entry, EntryDeleter>;

// Memory, in this order; what a flag says is absent takes no room:
//
//   access clock (24 bits) + flags (8) | type, encoding | key bytes (16 bits) | expiry 8 |
//   integer or pointer 8 | long key size 4 | key | inline value
//
// A compact collection leaves room for the pointer that change_collection() puts before the key.
//
// Thread: under the lock of its shard.
// Invariant: the address changes only where a function returns an EntryPtr.
class Entry {
 public:
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  // Makes an entry for a string; canonical integers are kept as numbers.
  static EntryPtr make_string(std::string_view key, std::string_view value, std::int64_t expiry_ms);
  // The same, always as bytes with encoding raw, with room for growing to `capacity` bytes in
  // place.
  static EntryPtr make_raw(std::string_view key,
                           std::string_view value,
                           std::size_t capacity,
                           std::int64_t expiry_ms);
  // As make_string(), but as bytes even if they are an integer: what INCRBYFLOAT leaves behind.
  static EntryPtr make_text(std::string_view key, std::string_view value, std::int64_t expiry_ms);
  static EntryPtr make_integer(std::string_view key, std::int64_t value, std::int64_t expiry_ms);

  // For a collection. `value` belongs to the entry from here on and is what the container of the
  // encoding made; see collection.h.
  static EntryPtr make_collection(
      std::string_view key, ValueType type, Encoding encoding, void* value, std::int64_t expiry_ms);

  // An entry like this one that keeps its collection as these bytes, inside itself, instead of
  // behind a pointer. Requires: bytes.size() <= inline_value_bytes_max. The encoding's view knows
  // what they mean.
  EntryPtr with_compact_value(std::string_view bytes) const;

  std::string_view key() const { return {bytes() + key_offset(), key_size()}; }
  ValueType type() const { return static_cast<ValueType>(kind_ >> 4); }
  Encoding encoding() const { return static_cast<Encoding>(kind_ & 0x0f); }

  bool has_expiry() const { return (flags_ & flag_expiry) != 0; }
  std::int64_t expiry_ms() const { return has_expiry() ? *word(0) : no_expiry; }
  bool is_expired(std::int64_t now_ms) const { return has_expiry() && *word(0) <= now_ms; }
  // Requires: has_expiry().
  void change_expiry(std::int64_t expiry_ms) { *word(0) = expiry_ms; }
  // An entry like this one with another expiry; the value is moved out of this entry.
  EntryPtr with_expiry(std::int64_t expiry_ms);
  // An entry like this one under another key; the value is moved out of this entry.
  EntryPtr with_key(std::string_view key);
  // A deep copy under another key.
  EntryPtr copy(std::string_view key) const;

  // For collections: whether it stands inside the entry, and its bytes there.
  bool is_compact() const { return !is_string() && !has_word(); }
  std::string_view compact_bytes() const { return {inline_value(), inline_size_}; }
  // For others: the container, and another one in its place; the old one is the caller's. A compact
  // entry becomes one with a container.
  void* collection() const { return reinterpret_cast<void*>(*word(has_expiry() ? 1 : 0)); }
  void change_collection(Encoding encoding, void* value);
  bool is_string() const { return type() == ValueType::string; }

  // Marks a hash some of whose fields have an expiry.
  bool has_timed_fields() const { return (flags_ & flag_timed_fields) != 0; }
  void mark_timed_fields(bool timed) {
    flags_ =
        static_cast<std::uint8_t>(timed ? flags_ | flag_timed_fields : flags_ & ~flag_timed_fields);
  }
  // When the entry or the first of its fields ends; no_expiry if neither does.
  std::int64_t due_ms() const;

  // For strings. An integer has no bytes: text() writes it to `scratch` (int64_digits_max bytes).
  bool is_integer() const { return encoding() == Encoding::integer; }
  std::int64_t integer() const { return *word(has_expiry() ? 1 : 0); }
  void change_integer(std::int64_t value) { *word(has_expiry() ? 1 : 0) = value; }
  std::string_view text(char* scratch) const;
  std::size_t text_size() const;

  // Overwrites the value if the new one fits the same memory (same inline size, or an integer over
  // an integer) and answers whether it did. The expiry is not touched.
  bool assign_in_place(std::string_view value);
  // The bytes of a string with encoding raw, writable, after growing it to `size` (new bytes are
  // zero); nullptr if it does not fit: then a new entry is needed. Requires: not an integer.
  char* grow_in_place(std::size_t size);

  std::uint32_t access_clock() const {
    return static_cast<std::uint32_t>(access_low_) | static_cast<std::uint32_t>(access_high_) << 16;
  }
  void touch(std::uint32_t clock) {
    access_low_ = static_cast<std::uint16_t>(clock);
    access_high_ = static_cast<std::uint8_t>(clock >> 16);
  }

  // Bytes taken from the allocator for this entry and its value, estimated from so many elements
  // where a collection has more.
  std::size_t memory_bytes(std::size_t samples = memory_samples) const;
  // True if freeing the value takes long enough to be left to the background.
  bool is_heavy() const;

 private:
  friend struct EntryDeleter;

  static constexpr std::uint8_t flag_expiry = 1;
  static constexpr std::uint8_t flag_word = 2;      // an integer or a pointer follows
  static constexpr std::uint8_t flag_long_key = 4;  // the key's size has its own field
  static constexpr std::uint8_t flag_timed_fields = 8;

  struct LargeString;
  struct Shape;

  Entry() = default;
  static EntryPtr allocate(std::string_view key, const Shape& shape);
  EntryPtr rebuild(std::string_view key, std::int64_t expiry_ms) const;

  char* bytes() { return reinterpret_cast<char*>(this); }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  std::int64_t* word(std::size_t index) {
    return reinterpret_cast<std::int64_t*>(bytes() + sizeof(Entry)) + index;
  }
  const std::int64_t* word(std::size_t index) const {
    return reinterpret_cast<const std::int64_t*>(bytes() + sizeof(Entry)) + index;
  }
  bool has_word() const { return (flags_ & flag_word) != 0; }
  bool is_large() const { return has_word() && encoding() == Encoding::raw; }
  // Whether something stands behind the entry's pointer that goes with it.
  bool has_outside() const {
    return has_word() && encoding() != Encoding::integer && *word(has_expiry() ? 1 : 0) != 0;
  }
  std::size_t words_bytes() const {
    return ((flags_ & flag_expiry) != 0 ? 8u : 0u) + ((flags_ & flag_word) != 0 ? 8u : 0u);
  }
  std::size_t key_offset() const {
    return sizeof(Entry) + words_bytes() + ((flags_ & flag_long_key) != 0 ? 4u : 0u);
  }
  std::size_t key_size() const;
  LargeString* large() const;
  char* inline_value() { return bytes() + key_offset() + key_size(); }
  const char* inline_value() const { return bytes() + key_offset() + key_size(); }

  std::uint16_t access_low_ = 0;
  std::uint8_t access_high_ = 0;
  std::uint8_t flags_ = 0;
  std::uint8_t kind_ = 0;
  std::uint8_t short_key_size_ = 0;
  std::uint16_t inline_size_ = 0;
};

static_assert(sizeof(Entry) == 8);

}  // namespace duplex::store
