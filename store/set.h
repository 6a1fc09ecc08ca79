// The value of a set, whichever way it is kept.
#pragma once

#include "base/numbers.h"
#include "base/random.h"
#include "store/entry.h"
#include "store/intset.h"
#include "store/listpack.h"
#include "store/member_table.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::store {

// Reads the set of an entry: an intset, a listpack of members, or a MemberTable.
//
// Texts are valid until the set is changed, and as long as their scratch.
class SetView {
 public:
  // Requires: the entry is a set.
  explicit SetView(const Entry& entry) : entry_(const_cast<Entry*>(&entry)) {}

  Encoding encoding() const { return entry_->encoding(); }
  std::size_t size() const;
  bool is_empty() const { return size() == 0; }
  bool contains(std::string_view member) const;
  // The same with base::hash_bytes() of the member, for callers that ask several sets.
  bool contains(std::string_view member, std::uint64_t hash) const {
    return encoding() == Encoding::hashtable ? table().contains(member, hash) : contains(member);
  }

  // Calls visit(std::string_view) for each member. The set must not change meanwhile.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // As PageTable's, with visit(std::string_view); packed sets are visited as a whole.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const;
  // Some member; `scratch` has int64_digits_max bytes. Requires: not empty.
  std::string_view random_member(base::Random& random, char* scratch) const;

  // The intset's or listpack's bytes. Requires: the encoding is one of these.
  std::string_view packed_bytes() const;

 protected:
  IntsetView integers() const { return IntsetView(entry_->collection()); }
  ListpackView pack() const { return ListpackView(entry_->collection()); }
  MemberTable& table() const { return *static_cast<MemberTable*>(entry_->collection()); }

  Entry* entry_;
};

// Changes the set of an entry. An intset that gets another member becomes a listpack if that fits
// packed_limits(), and what grows beyond its limits a table; nothing is ever made smaller again.
//
// Requires for all texts given: they do not lie in this set.
class Set : public SetView {
 public:
  explicit Set(Entry& entry) : SetView(entry) {}

  // An entry with an empty set that can keep `first` and as many members as are to come.
  static EntryPtr make(std::string_view key,
                       std::int64_t expiry_ms,
                       std::string_view first = "0",
                       std::size_t members = 1);

  // Makes a table of it at once if so many members, added together, do not fit another form.
  void prepare(std::size_t members);
  // Each returns whether it changed anything.
  bool add(std::string_view member);
  bool erase(std::string_view member);
  // Takes some member out. Requires: not empty.
  std::string pop(base::Random& random);
  // Makes a table of it, whatever its size.
  void unpack();

  // Take over a packed form. Require: the set is empty and packed.
  void adopt(Intset integers);
  void adopt(Listpack pack);

 private:
  bool fits_packed(std::size_t members, std::string_view member) const;
  bool add_to_integers(std::string_view member);
  bool add_to_pack(std::string_view member);
  bool unpack_and_add(std::string_view member) {
    unpack();
    return table().add(member);
  }
  // Destroys the packed form there is.
  void put_back(Encoding encoding, void* value);
};

template <typename Visit>
void SetView::for_each(Visit&& visit) const {
  char scratch[base::int64_digits_max];
  switch (encoding()) {
    case Encoding::intset:
      integers().for_each([&](std::int64_t integer) {
        visit(std::string_view(scratch, base::write_int64(integer, scratch)));
      });
      break;
    case Encoding::listpack:
      for (std::size_t at = pack().first(); at != ListpackView::none; at = pack().next(at))
        visit(pack().get(at, scratch));
      break;
    default:
      table().for_each([&](const MemberSlot& slot) { visit(slot.text(scratch)); });
  }
}

template <typename Visit>
std::uint64_t SetView::scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  if (encoding() != Encoding::hashtable) {
    for_each(visit);
    return 0;
  }
  char scratch[base::int64_digits_max];
  return table().scan(cursor, count, [&](const MemberSlot& slot) { visit(slot.text(scratch)); });
}

}  // namespace duplex::store
