// Searching, checking and changing intsets.
#include "store/intset.h"

#include "base/memory.h"

#include <algorithm>
#include <limits>

namespace duplex::store {

namespace {

// Blocks up to this size are not made smaller when integers go.
constexpr std::size_t shrunk_bytes_min = 128;

template <typename Number>
bool fits(std::int64_t integer) {
  return integer >= std::numeric_limits<Number>::min() &&
         integer <= std::numeric_limits<Number>::max();
}

// The least width that holds an integer.
std::size_t width_of(std::int64_t integer) {
  if (fits<std::int16_t>(integer)) return sizeof(std::int16_t);
  return fits<std::int32_t>(integer) ? sizeof(std::int32_t) : sizeof(std::int64_t);
}

}  // namespace

IntsetView::Place IntsetView::find(std::int64_t integer) const {
  const std::size_t each = width();
  std::size_t low = 0;
  std::size_t high = size();
  // Integers are often added in ascending order.
  if (high == 0 || at(high - 1, each) < integer) return {high, false};
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::int64_t there = at(middle, each);
    if (there == integer) return {middle, true};
    if (there < integer)
      low = middle + 1;
    else
      high = middle;
  }
  return {low, false};
}

bool IntsetView::is_valid(std::string_view bytes) {
  if (bytes.size() < header_bytes) return false;
  const IntsetView view(bytes.data());
  const std::size_t each = view.width();
  if (each != 2 && each != 4 && each != 8) return false;
  if ((bytes.size() - header_bytes) % each != 0) return false;
  if ((bytes.size() - header_bytes) / each != view.size()) return false;
  for (std::size_t i = 1; i < view.size(); ++i)
    if (view.at(i - 1, each) >= view.at(i, each)) return false;
  return true;
}

Intset::Intset() : IntsetView(::operator new(header_bytes)) {
  set_header(sizeof(std::int16_t), 0);
}

Intset Intset::from_bytes(std::string_view bytes) {
  void* block = ::operator new(bytes.size());
  std::memcpy(block, bytes.data(), bytes.size());
  return adopt(block);
}

std::size_t Intset::memory_bytes(const void* block) { return base::usable_size(block); }

bool Intset::add(std::int64_t integer) {
  const std::size_t needed = width_of(integer);
  const std::size_t each = width();
  if (needed > each) {
    widen(needed, integer);
    return true;
  }
  const Place place = find(integer);
  if (place.found) return false;
  const std::size_t count = size();
  const std::size_t old_bytes = bytes();
  reserve(old_bytes + each, old_bytes);
  char* const at = block() + header_bytes + place.index * each;
  std::memmove(at + each, at, (count - place.index) * each);
  set(place.index, each, integer);
  set_header(each, count + 1);
  return true;
}

bool Intset::erase(std::int64_t integer) {
  const Place place = find(integer);
  if (place.found) erase_at(place.index);
  return place.found;
}

void Intset::erase_at(std::size_t index) {
  const std::size_t each = width();
  const std::size_t count = size();
  char* const at = block() + header_bytes + index * each;
  std::memmove(at, at + each, (count - index - 1) * each);
  set_header(each, count - 1);
  const std::size_t left = bytes();
  const std::size_t taken = base::usable_size(block_);
  if (taken > shrunk_bytes_min && left < taken / 2) *this = from_bytes(blob());
}

void Intset::reserve(std::size_t bytes, std::size_t kept) {
  const std::size_t taken = base::usable_size(block_);
  if (bytes <= taken) return;
  void* larger = ::operator new(std::max(bytes, taken + taken / 8));
  std::memcpy(larger, block_, kept);
  destroy(release());
  block_ = static_cast<const char*>(larger);
}

void Intset::set_header(std::size_t width, std::size_t size) {
  const std::uint32_t header[] = {static_cast<std::uint32_t>(width),
                                  static_cast<std::uint32_t>(size)};
  static_assert(sizeof header == header_bytes);
  std::memcpy(block(), header, sizeof header);
}

void Intset::set(std::size_t index, std::size_t width, std::int64_t integer) {
  // The lower bytes come first, so they are the number in any width that it fits.
  std::memcpy(block() + header_bytes + index * width, &integer, width);
}

void Intset::widen(std::size_t width, std::int64_t integer) {
  const std::size_t count = size();
  const Intset old = std::move(*this);
  block_ = static_cast<const char*>(::operator new(header_bytes + (count + 1) * width));
  set_header(width, count + 1);
  const std::size_t shift = integer < 0 ? 1 : 0;
  std::size_t index = shift;
  old.for_each([&](std::int64_t each) { set(index++, width, each); });
  set(shift == 1 ? 0 : count, width, integer);
}

}  // namespace duplex::store
