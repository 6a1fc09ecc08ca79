// The memory of entries: one block with header, expiry, key and small value.
#include "store/entry.h"

#include "base/assert.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "store/collection.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace duplex::store {

namespace {

constexpr std::size_t short_key_bytes_max = 255;
// Values beyond this are freed in the background: giving pages back to the system takes time.
constexpr std::size_t heavy_bytes_min = std::size_t{1} << 20;

constexpr std::uint8_t kind_of(ValueType type, Encoding encoding) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 |
                                   static_cast<unsigned>(encoding));
}

constexpr bool is_string_kind(std::uint8_t kind) {
  return static_cast<ValueType>(kind >> 4) == ValueType::string;
}

Encoding encoding_for(std::size_t bytes) {
  return bytes <= embedded_bytes_max ? Encoding::embedded : Encoding::raw;
}

}  // namespace

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::string:
      return "string";
    case ValueType::list:
      return "list";
    case ValueType::set:
      return "set";
    case ValueType::sorted_set:
      return "zset";
    case ValueType::hash:
      return "hash";
    case ValueType::stream:
      return "stream";
  }
  DUPLEX_ASSERT(false);
}

std::string_view encoding_name(Encoding encoding) {
  switch (encoding) {
    case Encoding::integer:
      return "int";
    case Encoding::embedded:
      return "embstr";
    case Encoding::raw:
      return "raw";
    case Encoding::listpack:
      return "listpack";
    case Encoding::intset:
      return "intset";
    case Encoding::quicklist:
      return "quicklist";
    case Encoding::hashtable:
      return "hashtable";
    case Encoding::skiplist:
      return "skiplist";
    case Encoding::stream:
      return "stream";
  }
  DUPLEX_ASSERT(false);
}

// The bytes of a long string, in a block of their own with room to grow.
struct Entry::LargeString {
  std::size_t size;
  std::size_t capacity;

  char* data() { return reinterpret_cast<char*>(this + 1); }

  static LargeString* make(std::string_view value, std::size_t capacity) {
    capacity = std::max(capacity, value.size());
    auto* large = static_cast<LargeString*>(::operator new(sizeof(LargeString) + capacity));
    large->size = value.size();
    large->capacity = capacity;
    if (!value.empty()) std::memcpy(large->data(), value.data(), value.size());
    return large;
  }
};

// What a new entry has to hold.
struct Entry::Shape {
  std::uint8_t kind = 0;
  std::int64_t expiry_ms = no_expiry;
  bool has_word = false;
  std::int64_t word = 0;
  std::string_view inline_value;
};

EntryPtr Entry::allocate(std::string_view key, const Shape& shape) {
  const bool expires = shape.expiry_ms != no_expiry;
  const bool long_key = key.size() > short_key_bytes_max;
  const bool is_compact = !shape.has_word && !is_string_kind(shape.kind);
  const std::size_t inline_bytes =
      is_compact ? std::max(shape.inline_value.size(), sizeof(void*)) : shape.inline_value.size();
  const std::size_t bytes = sizeof(Entry) + (expires ? 8u : 0u) + (shape.has_word ? 8u : 0u) +
                            (long_key ? 4u : 0u) + key.size() + inline_bytes;
  auto* entry = new (::operator new(bytes)) Entry();
  entry->kind_ = shape.kind;
  entry->flags_ =
      static_cast<std::uint8_t>((expires ? flag_expiry : 0) | (shape.has_word ? flag_word : 0) |
                                (long_key ? flag_long_key : 0));
  entry->inline_size_ = static_cast<std::uint16_t>(shape.inline_value.size());
  std::size_t at = 0;
  if (expires) *entry->word(at++) = shape.expiry_ms;
  if (shape.has_word) *entry->word(at) = shape.word;
  if (long_key) {
    const auto size = static_cast<std::uint32_t>(key.size());
    std::memcpy(entry->bytes() + sizeof(Entry) + entry->words_bytes(), &size, sizeof size);
  } else {
    entry->short_key_size_ = static_cast<std::uint8_t>(key.size());
  }
  if (!key.empty()) std::memcpy(entry->bytes() + entry->key_offset(), key.data(), key.size());
  if (!shape.inline_value.empty())
    std::memcpy(entry->inline_value(), shape.inline_value.data(), shape.inline_value.size());
  return EntryPtr(entry);
}

EntryPtr Entry::make_integer(std::string_view key, std::int64_t value, std::int64_t expiry_ms) {
  return allocate(key,
                  {.kind = kind_of(ValueType::string, Encoding::integer),
                   .expiry_ms = expiry_ms,
                   .has_word = true,
                   .word = value,
                   .inline_value = {}});
}

EntryPtr Entry::make_string(std::string_view key, std::string_view value, std::int64_t expiry_ms) {
  if (const auto number = base::parse_int64(value)) return make_integer(key, *number, expiry_ms);
  return make_text(key, value, expiry_ms);
}

EntryPtr Entry::make_text(std::string_view key, std::string_view value, std::int64_t expiry_ms) {
  if (value.size() > inline_value_bytes_max) return make_raw(key, value, value.size(), expiry_ms);
  return allocate(key,
                  {.kind = kind_of(ValueType::string, encoding_for(value.size())),
                   .expiry_ms = expiry_ms,
                   .has_word = false,
                   .word = 0,
                   .inline_value = value});
}

EntryPtr Entry::make_raw(std::string_view key,
                         std::string_view value,
                         std::size_t capacity,
                         std::int64_t expiry_ms) {
  const std::uint8_t kind = kind_of(ValueType::string, Encoding::raw);
  if (std::max(capacity, value.size()) <= inline_value_bytes_max)
    return allocate(key,
                    {.kind = kind,
                     .expiry_ms = expiry_ms,
                     .has_word = false,
                     .word = 0,
                     .inline_value = value});
  LargeString* large = LargeString::make(value, capacity);
  return allocate(key,
                  {.kind = kind,
                   .expiry_ms = expiry_ms,
                   .has_word = true,
                   .word = reinterpret_cast<std::int64_t>(large),
                   .inline_value = {}});
}

EntryPtr Entry::make_collection(
    std::string_view key, ValueType type, Encoding encoding, void* value, std::int64_t expiry_ms) {
  return allocate(key,
                  {.kind = kind_of(type, encoding),
                   .expiry_ms = expiry_ms,
                   .has_word = true,
                   .word = reinterpret_cast<std::int64_t>(value),
                   .inline_value = {}});
}

EntryPtr Entry::with_compact_value(std::string_view bytes) const {
  EntryPtr entry = allocate(key(),
                            {.kind = kind_,
                             .expiry_ms = expiry_ms(),
                             .has_word = false,
                             .word = 0,
                             .inline_value = bytes});
  entry->touch(access_clock());
  return entry;
}

void Entry::change_collection(Encoding encoding, void* value) {
  if (is_compact()) {
    char* const behind_words = bytes() + sizeof(Entry) + words_bytes();
    std::memmove(behind_words + sizeof value,
                 behind_words,
                 key_offset() + key_size() - sizeof(Entry) - words_bytes());
    flags_ |= flag_word;
    inline_size_ = 0;
  }
  kind_ = kind_of(type(), encoding);
  *word(has_expiry() ? 1 : 0) = reinterpret_cast<std::int64_t>(value);
}

std::int64_t Entry::due_ms() const {
  return has_timed_fields() ? std::min(expiry_ms(), earliest_field_expiry_ms(*this)) : expiry_ms();
}

std::size_t Entry::key_size() const {
  if ((flags_ & flag_long_key) == 0) return short_key_size_;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes() + sizeof(Entry) + words_bytes(), sizeof size);
  return size;
}

Entry::LargeString* Entry::large() const {
  return reinterpret_cast<LargeString*>(*word(has_expiry() ? 1 : 0));
}

std::string_view Entry::text(char* scratch) const {
  if (is_integer()) return {scratch, base::write_int64(integer(), scratch)};
  if (is_large()) return {large()->data(), large()->size};
  return {inline_value(), inline_size_};
}

std::size_t Entry::text_size() const {
  char scratch[base::int64_digits_max];
  return text(scratch).size();
}

EntryPtr Entry::rebuild(std::string_view key, std::int64_t expiry_ms) const {
  Shape shape{
      .kind = kind_, .expiry_ms = expiry_ms, .has_word = has_word(), .word = 0, .inline_value = {}};
  if (shape.has_word) shape.word = *word(has_expiry() ? 1 : 0);
  shape.inline_value = {inline_value(), inline_size_};
  EntryPtr entry = allocate(key, shape);
  entry->mark_timed_fields(has_timed_fields());
  entry->touch(access_clock());
  return entry;
}

EntryPtr Entry::with_expiry(std::int64_t expiry_ms) {
  EntryPtr entry = rebuild(key(), expiry_ms);
  if (has_outside()) *word(has_expiry() ? 1 : 0) = 0;
  return entry;
}

EntryPtr Entry::with_key(std::string_view key) {
  EntryPtr entry = rebuild(key, expiry_ms());
  if (has_outside()) *word(has_expiry() ? 1 : 0) = 0;
  return entry;
}

EntryPtr Entry::copy(std::string_view key) const {
  EntryPtr entry = rebuild(key, expiry_ms());
  if (is_large()) {
    LargeString* source = large();
    LargeString* twin = LargeString::make({source->data(), source->size}, source->size);
    *entry->word(has_expiry() ? 1 : 0) = reinterpret_cast<std::int64_t>(twin);
  } else if (!is_string() && has_word()) {
    entry->change_collection(encoding(), clone_collection(type(), encoding(), collection()));
  }
  return entry;
}

bool Entry::assign_in_place(std::string_view value) {
  if (type() != ValueType::string) return false;
  const auto number = base::parse_int64(value);
  if (is_integer()) {
    if (!number) return false;
    change_integer(*number);
    return true;
  }
  if (number || is_large() || value.size() != inline_size_) return false;
  std::memcpy(inline_value(), value.data(), value.size());
  kind_ = kind_of(ValueType::string, encoding_for(value.size()));
  return true;
}

char* Entry::grow_in_place(std::size_t size) {
  DUPLEX_ASSERT(!is_integer());
  if (!is_large()) {
    if (size > inline_size_) return nullptr;
    kind_ = kind_of(ValueType::string, Encoding::raw);
    return inline_value();
  }
  LargeString* string = large();
  if (size > string->capacity) {
    // Doubling up to 1 MiB of spare room, as APPEND's users expect from Redis.
    constexpr std::size_t spare_bytes_max = std::size_t{1} << 20;
    LargeString* grown =
        LargeString::make({string->data(), string->size}, size + std::min(size, spare_bytes_max));
    ::operator delete(string);
    string = grown;
    *word(has_expiry() ? 1 : 0) = reinterpret_cast<std::int64_t>(grown);
  }
  if (size > string->size) {
    std::memset(string->data() + string->size, 0, size - string->size);
    string->size = size;
  }
  return string->data();
}

std::size_t Entry::memory_bytes(std::size_t samples) const {
  if (is_compact()) return base::usable_size(this);
  if (!is_string())
    return base::usable_size(this) + collection_bytes(type(), encoding(), collection(), samples);
  return base::usable_size(this) + (is_large() ? base::usable_size(large()) : 0);
}

bool Entry::is_heavy() const {
  if (is_compact()) return false;
  if (!is_string()) return is_heavy_collection(type(), encoding(), collection());
  return is_large() && large()->capacity >= heavy_bytes_min;
}

void EntryDeleter::operator()(Entry* entry) const {
  if (entry->has_outside()) {
    if (entry->is_string())
      ::operator delete(entry->large());
    else
      destroy_collection(entry->type(), entry->encoding(), entry->collection());
  }
  ::operator delete(entry);
}

}  // namespace duplex::store
