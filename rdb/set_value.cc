// Sets: strings one by one, intsets and listpacks.
#include "base/numbers.h"
#include "rdb/collection_values.h"
#include "rdb/encoder.h"
#include "store/packed_limits.h"
#include "store/set.h"

#include <string>
#include <string_view>
#include <utility>

namespace duplex::rdb {

namespace {

using store::Intset;
using store::IntsetView;
using store::ListpackView;
using store::Set;
using store::SetView;

constexpr std::string_view twice = "a set has a member twice";

Decoded<store::EntryPtr> read_members(Decoder& decoder,
                                      std::string_view key,
                                      std::int64_t expiry_ms) {
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  store::EntryPtr entry = Set::make(key, expiry_ms);
  Set set(*entry);
  set.prepare(*count);
  std::string scratch;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto member = decoder.string(scratch);
    if (!member) return std::unexpected(member.error());
    if (!set.add(*member)) return std::unexpected(twice);
  }
  return *count == 0 ? nullptr : std::move(entry);
}

Decoded<store::EntryPtr> read_integers(Decoder& decoder,
                                       std::string_view key,
                                       std::int64_t expiry_ms) {
  std::string scratch;
  const auto blob = decoder.string(scratch);
  if (!blob) return std::unexpected(blob.error());
  if (!IntsetView::is_valid(*blob)) return std::unexpected("a set is a damaged intset");
  Intset integers = Intset::from_bytes(*blob);
  const std::size_t size = integers.size();
  if (size == 0) return nullptr;
  store::EntryPtr entry = store::Entry::make_collection(
      key, store::ValueType::set, store::Encoding::intset, integers.release(), expiry_ms);
  Set(*entry).prepare(size);
  return entry;
}

// Member by member, which finds those that are there twice.
Decoded<store::EntryPtr> read_packed(Decoder& decoder,
                                     std::string_view key,
                                     std::int64_t expiry_ms) {
  std::string scratch;
  const auto blob = decoder.string(scratch);
  if (!blob) return std::unexpected(blob.error());
  if (!ListpackView::is_valid(*blob)) return std::unexpected("a set is a damaged listpack");
  const ListpackView pack(blob->data());
  // A text that is no integer: an intset would be the wrong form.
  store::EntryPtr entry = Set::make(key, expiry_ms, "", pack.size());
  Set set(*entry);
  char member_scratch[base::int64_digits_max];
  for (std::size_t at = pack.first(); at != ListpackView::none; at = pack.next(at))
    if (!set.add(pack.get(at, member_scratch))) return std::unexpected(twice);
  return set.is_empty() ? nullptr : std::move(entry);
}

}  // namespace

Decoded<store::EntryPtr> read_set(Decoder& decoder,
                                  ValueType type,
                                  std::string_view key,
                                  std::int64_t expiry_ms) {
  switch (type) {
    case ValueType::set_intset:
      return read_integers(decoder, key, expiry_ms);
    case ValueType::set_listpack:
      return read_packed(decoder, key, expiry_ms);
    default:
      return read_members(decoder, key, expiry_ms);
  }
}

void append_set(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress) {
  const SetView set(entry);
  if (type != ValueType::set) return append_string(out, set.packed_bytes(), compress);
  append_length(out, set.size());
  set.for_each([&](std::string_view member) { append_string(out, member, compress); });
}

}  // namespace duplex::rdb
