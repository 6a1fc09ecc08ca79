// The value of a set, whichever way it is kept.
#include "store/set.h"

#include "base/assert.h"
#include "store/packed_limits.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace duplex::store {

namespace {

bool within(std::size_t size, const std::atomic<std::int64_t>& limit) {
  return static_cast<std::int64_t>(size) <= limit.load(std::memory_order_relaxed);
}

bool fits_intset(std::size_t members) {
  return members <= Intset::size_max && within(members, packed_limits().set_intset_entries);
}

// Digits of the longest integer of an ascending row.
std::size_t digits_max(const IntsetView& integers) {
  if (integers.size() == 0) return 0;
  char scratch[base::int64_digits_max];
  return std::max(base::write_int64(integers.at(0), scratch),
                  base::write_int64(integers.at(integers.size() - 1), scratch));
}

}  // namespace

std::size_t SetView::size() const {
  switch (encoding()) {
    case Encoding::intset:
      return integers().size();
    case Encoding::listpack:
      return pack().size();
    default:
      return table().size();
  }
}

bool SetView::contains(std::string_view member) const {
  switch (encoding()) {
    case Encoding::intset: {
      const auto integer = base::parse_int64(member);
      return integer && integers().contains(*integer);
    }
    case Encoding::listpack:
      return pack().find(member, pack().first()) != ListpackView::none;
    default:
      return table().contains(member);
  }
}

std::string_view SetView::random_member(base::Random& random, char* scratch) const {
  switch (encoding()) {
    case Encoding::intset: {
      const std::int64_t integer = integers().at(random.below(integers().size()));
      return {scratch, base::write_int64(integer, scratch)};
    }
    case Encoding::listpack: {
      const auto index = static_cast<std::int64_t>(random.below(pack().size()));
      return pack().get(pack().at(index), scratch);
    }
    default:
      return table().random_slot(random.next())->text(scratch);
  }
}

std::string_view SetView::packed_bytes() const {
  DUPLEX_DCHECK(encoding() != Encoding::hashtable);
  return encoding() == Encoding::intset ? integers().blob() : pack().blob();
}

EntryPtr Set::make(std::string_view key,
                   std::int64_t expiry_ms,
                   std::string_view first,
                   std::size_t members) {
  Encoding encoding = Encoding::hashtable;
  void* value = nullptr;
  if (base::parse_int64(first) && fits_intset(members)) {
    encoding = Encoding::intset;
    value = Intset().release();
  } else if (within(members, packed_limits().set_listpack_entries)) {
    encoding = Encoding::listpack;
    value = Listpack().release();
  } else {
    value = new MemberTable;
  }
  return Entry::make_collection(key, ValueType::set, encoding, value, expiry_ms);
}

void Set::prepare(std::size_t members) {
  if (encoding() == Encoding::intset && !fits_intset(members)) unpack();
  if (encoding() == Encoding::listpack && !within(members, packed_limits().set_listpack_entries))
    unpack();
}

bool Set::add(std::string_view member) {
  switch (encoding()) {
    case Encoding::intset:
      return add_to_integers(member);
    case Encoding::listpack:
      return add_to_pack(member);
    default:
      return table().add(member);
  }
}

// Whether a listpack may have that many members if this one is among them.
bool Set::fits_packed(std::size_t members, std::string_view member) const {
  const PackedLimits& limits = packed_limits();
  return within(members, limits.set_listpack_entries) &&
         within(member.size(), limits.set_listpack_value);
}

bool Set::add_to_integers(std::string_view member) {
  const std::size_t old_size = integers().size();
  if (const auto integer = base::parse_int64(member)) {
    Intset set = Intset::adopt(entry_->collection());
    const bool added = set.add(*integer);
    entry_->change_collection(Encoding::intset, set.release());
    if (added && !fits_intset(old_size + 1)) unpack();
    return added;
  }
  if (!fits_packed(old_size + 1, member) ||
      !within(digits_max(integers()), packed_limits().set_listpack_value))
    return unpack_and_add(member);
  Listpack grown;
  integers().for_each([&](std::int64_t integer) { grown.append(integer); });
  grown.append(member);
  put_back(Encoding::listpack, grown.release());
  return true;
}

bool Set::add_to_pack(std::string_view member) {
  if (pack().find(member, pack().first()) != ListpackView::none) return false;
  if (!fits_packed(pack().size() + 1, member) ||
      member.size() > Listpack::bytes_max - pack().bytes())
    return unpack_and_add(member);
  Listpack grown = Listpack::adopt(entry_->collection());
  grown.append(member);
  entry_->change_collection(Encoding::listpack, grown.release());
  return true;
}

bool Set::erase(std::string_view member) {
  switch (encoding()) {
    case Encoding::intset: {
      const auto integer = base::parse_int64(member);
      if (!integer) return false;
      Intset set = Intset::adopt(entry_->collection());
      const bool erased = set.erase(*integer);
      entry_->change_collection(Encoding::intset, set.release());
      return erased;
    }
    case Encoding::listpack: {
      const std::size_t at = pack().find(member, pack().first());
      if (at == ListpackView::none) return false;
      Listpack rest = Listpack::adopt(entry_->collection());
      rest.erase(at);
      entry_->change_collection(Encoding::listpack, rest.release());
      return true;
    }
    default:
      return table().erase(member);
  }
}

std::string Set::pop(base::Random& random) {
  char scratch[base::int64_digits_max];
  std::string member(random_member(random, scratch));
  erase(member);
  return member;
}

void Set::unpack() {
  if (encoding() == Encoding::hashtable) return;
  auto members = std::make_unique<MemberTable>();
  for_each([&](std::string_view member) { members->add(member); });
  put_back(Encoding::hashtable, members.release());
}

void Set::adopt(Intset integers) {
  DUPLEX_DCHECK(is_empty());
  put_back(Encoding::intset, integers.release());
}

void Set::adopt(Listpack pack) {
  DUPLEX_DCHECK(is_empty());
  put_back(Encoding::listpack, pack.release());
}

void Set::put_back(Encoding encoding, void* value) {
  if (this->encoding() == Encoding::intset)
    Intset::destroy(entry_->collection());
  else
    Listpack::destroy(entry_->collection());
  entry_->change_collection(encoding, value);
}

}  // namespace duplex::store
