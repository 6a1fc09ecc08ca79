// Walking, searching, checking and changing listpacks.
#include "store/listpack.h"

#include "base/assert.h"
#include "base/memory.h"
#include "base/numbers.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace duplex::store {

using namespace listpack_element;

namespace {

// Blocks up to this size are not made smaller when elements go.
constexpr std::size_t shrunk_bytes_min = 128;
// Larger ones grow by an eighth at least; the allocator's own steps do for smaller ones.
constexpr std::size_t exact_bytes_max = 16 * 1024;

// Whether the back size behind a body is written as it must be.
bool has_back(const char* back, std::size_t body) {
  char expected[back_bytes_max];
  return std::memcmp(back, expected, write_back(body, expected)) == 0;
}

// The size of the element at the start of untrusted bytes; 0 if they do not hold one.
std::size_t checked_bytes(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const unsigned head = byte_at(bytes.data());
  if (head > 0xf4) return 0;
  const std::size_t head_bytes = head < 0x80 || (head & 0xc0u) == 0x80 ? 1 : head == 0xf0 ? 5 : 2;
  if (bytes.size() < head_bytes) return 0;
  const std::size_t body = body_bytes(bytes.data());
  const std::size_t back = back_bytes(body);
  if (bytes.size() < body + back || !has_back(bytes.data() + body, body)) return 0;
  return body + back;
}

}  // namespace

std::size_t ListpackView::count() const {
  std::size_t elements = 0;
  for (std::size_t at = first(); at != none; at = next(at))
    ++elements;
  return elements;
}

std::size_t ListpackView::skip(std::size_t at, std::size_t count) const {
  while (at != none && count-- > 0)
    at = next(at);
  return at;
}

std::size_t ListpackView::at(std::int64_t index) const {
  if (const std::size_t known = header_count(); known != count_unknown) {
    const auto elements = static_cast<std::int64_t>(known);
    if (index >= elements || index < -elements) return none;
    // Whichever end is nearer.
    if (index >= 0 && index > elements / 2) index -= elements;
    if (index < 0 && -index > elements / 2) index += elements;
  }
  if (index >= 0) return skip(first(), static_cast<std::size_t>(index));
  std::size_t at = last();
  while (at != none && ++index < 0)
    at = previous(at);
  return at;
}

std::size_t ListpackView::find(std::string_view text, std::size_t from, std::size_t step) const {
  if (from == none) return none;
  const ListpackNeedle needle(text);
  const char* element = block_ + from;
  const char* const end = block_ + bytes() - 1;
  while (true) {
    ListpackItem item;
    const char* const behind = read_item(element, item);
    if (needle.matches(item)) return static_cast<std::size_t>(element - block_);
    element = behind;
    for (std::size_t skipped = 1; skipped < step && element != end; ++skipped)
      element += whole_bytes(element);
    if (element == end) return none;
  }
}

bool ListpackView::is_valid(std::string_view bytes) {
  if (bytes.size() < empty_bytes || load<std::uint32_t>(bytes.data()) != bytes.size()) return false;
  if (byte_at(&bytes.back()) != end_mark) return false;
  std::string_view elements = bytes.substr(header_bytes);
  elements.remove_suffix(1);
  std::size_t count = 0;
  while (!elements.empty()) {
    const std::size_t element = checked_bytes(elements);
    if (element == 0) return false;
    elements.remove_prefix(element);
    ++count;
  }
  const std::size_t told = load<std::uint16_t>(bytes.data() + 4);
  return told == count_unknown || told == count;
}

Listpack::Listpack(std::size_t capacity)
    : ListpackView(::operator new(std::max(capacity, empty_bytes))) {
  set_bytes(empty_bytes);
  set_count(0);
  block()[header_bytes] = static_cast<char>(end_mark);
}

Listpack Listpack::from_bytes(std::string_view bytes) {
  void* block = ::operator new(bytes.size());
  std::memcpy(block, bytes.data(), bytes.size());
  return adopt(block);
}

std::size_t Listpack::memory_bytes(const void* block) { return base::usable_size(block); }

Listpack Listpack::from_bodies(std::string_view bodies) {
  const char* const end = bodies.data() + bodies.size();
  std::size_t bytes = empty_bytes + bodies.size();
  std::size_t count = 0;
  for (const char* at = bodies.data(); at != end; ++count) {
    const std::size_t body = body_bytes(at);
    bytes += back_bytes(body);
    at += body;
  }
  Listpack pack(bytes);
  char* out = pack.block() + header_bytes;
  for (const char* at = bodies.data(); at != end;) {
    const std::size_t body = body_bytes(at);
    std::memcpy(out, at, body);
    out += body;
    out += write_back(body, out);
    at += body;
  }
  *out = static_cast<char>(end_mark);
  pack.set_bytes(bytes);
  pack.set_count(count);
  return pack;
}

std::size_t Listpack::put(std::size_t at, std::size_t replaced, const ListpackElement& element) {
  const std::size_t added = element.whole_bytes();
  if (added != replaced) shift(at + replaced, at + added);
  if (replaced == 0) {
    if (const std::size_t known = header_count(); known != count_unknown) set_count(known + 1);
  }
  element.write(block() + at);
  return at;
}

std::size_t Listpack::erase(std::size_t at, std::size_t count) {
  const std::size_t end = bytes() - 1;
  std::size_t behind = at;
  std::size_t erased = 0;
  while (erased < count && behind != end) {
    behind += whole_bytes(block_ + behind);
    ++erased;
  }
  if (const std::size_t known = header_count(); known != count_unknown) set_count(known - erased);
  if (erased > 0) shift(behind, at);
  return byte_at(block_ + at) == end_mark ? none : at;
}

void Listpack::append_from(const ListpackView& other, std::size_t at) {
  if (at == none) return;
  std::string_view elements = other.blob().substr(at);
  elements.remove_suffix(1);
  std::size_t added = 0;
  if (at == header_bytes) added = other.size();
  else
    for (std::size_t each = at; each != none; each = other.next(each))
      ++added;
  if (const std::size_t known = header_count(); known != count_unknown)
    set_count(std::min(known + added, count_unknown));
  const std::size_t end = bytes() - 1;
  shift(end, end + elements.size());
  std::memcpy(block() + end, elements.data(), elements.size());
}

void Listpack::shift(std::size_t from, std::size_t to) {
  const std::size_t old_bytes = bytes();
  const std::size_t new_bytes = old_bytes - from + to;
  DUPLEX_ASSERT(new_bytes <= std::numeric_limits<std::uint32_t>::max());
  if (to > from && new_bytes > base::usable_size(block_)) {
    // Into a new block each part is copied to its place at once.
    const std::size_t spare = new_bytes > exact_bytes_max ? new_bytes / 8 : 0;
    auto* larger = static_cast<char*>(::operator new(new_bytes + spare));
    std::memcpy(larger, block_, from);
    std::memcpy(larger + to, block_ + from, old_bytes - from);
    destroy(release());
    block_ = larger;
  } else {
    std::memmove(block() + to, block_ + from, old_bytes - from);
    const bool wasteful =
        to < from && new_bytes > shrunk_bytes_min && new_bytes < base::usable_size(block_) / 2;
    if (wasteful) {
      set_bytes(new_bytes);
      *this = from_bytes(blob());
    }
  }
  set_bytes(new_bytes);
}

void Listpack::set_bytes(std::size_t bytes) {
  const auto written = static_cast<std::uint32_t>(bytes);
  std::memcpy(block(), &written, sizeof written);
}

void Listpack::set_count(std::size_t count) {
  const auto written = static_cast<std::uint16_t>(count);
  std::memcpy(block() + 4, &written, sizeof written);
}

}  // namespace duplex::store
