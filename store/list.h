// The value of a list, whichever way it is kept.
#pragma once

#include "store/entry.h"
#include "store/quicklist.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>

namespace duplex::store {

// Reads the list of an entry: one listpack, or a quicklist.
//
// Items are valid until the list is changed, or items of another part are read.
class ListView {
 public:
  // Requires: the entry is a list.
  explicit ListView(const Entry& entry) : entry_(const_cast<Entry*>(&entry)) {}

  std::size_t size() const { return is_packed() ? pack().size() : quicklist().size(); }
  bool is_empty() const { return is_packed() ? pack().is_empty() : quicklist().size() == 0; }

  // Requires: the list is not empty.
  ListpackItem end_item(ListEnd end) const;
  // Requires: index < size().
  ListpackItem at(std::size_t index) const;

  // Calls visit(item) for elements from `first` on, until it answers false.
  template <typename Visit>
  void visit(std::size_t first, Visit&& visit) const;
  // The same from `first` back to the first element.
  template <typename Visit>
  void visit_back(std::size_t first, Visit&& visit) const;

  // The list's parts, as RDB files have them: one if it is a listpack.
  std::size_t node_count() const { return is_packed() ? 1 : quicklist().node_count(); }
  // Not compressed; valid until the next one is asked for.
  ListNode node(std::size_t index) const;

 protected:
  // The position of an element in a part's listpack; none in a plain part.
  static std::size_t position_in(const ListNode& node, std::size_t index) {
    return node.is_plain ? ListpackView::none : node.pack().at(static_cast<std::int64_t>(index));
  }
  bool is_packed() const { return entry_->encoding() == Encoding::listpack; }
  ListpackView pack() const { return ListpackView(entry_->collection()); }
  Quicklist& quicklist() const { return *static_cast<Quicklist*>(entry_->collection()); }
  // Requires: index < size().
  Quicklist::Place place_of(std::size_t index) const;

  Entry* entry_;

 private:
  struct BlockDeleter {
    void operator()(void* block) const { ::operator delete(block); }
  };

  mutable std::unique_ptr<void, BlockDeleter> opened_;  // a copy of a compressed part
};

// Changes the list of an entry. A listpack becomes a quicklist when it grows beyond list_size of
// packed_limits(), and one again when it is down to half of that.
class List : public ListView {
 public:
  explicit List(Entry& entry) : ListView(entry) {}

  // An entry with an empty list.
  static EntryPtr make(std::string_view key, std::int64_t expiry_ms);

  // Requires for all texts given: they do not lie in this list.
  void push(ListEnd end, std::string_view text) { push(end, {&text, 1}); }
  // One after the other; whether they are too many for a listpack is decided once.
  void push(ListEnd end, std::span<const std::string_view> texts);
  // Removes `count` elements at an end. Requires: there are as many.
  void drop(ListEnd end, std::size_t count);
  // Keeps `count` elements from `first` on. Requires: there are as many.
  void keep(std::size_t first, std::size_t count);
  // Puts an element next to the first one equal to `pivot`; false if there is none.
  bool insert(std::string_view pivot, bool behind, std::string_view text);
  // Requires: index < size().
  void replace(std::size_t index, std::string_view text);
  // Removes up to `limit` elements equal to `text`, starting at an end; returns how many.
  std::size_t remove(std::string_view text, std::size_t limit, ListEnd from);

  // Adds a part as it was read from a file. settle() chooses the encoding afterwards.
  void append_node(ListNode node);
  void settle();

 private:
  // The listpack, out of the entry's hands until keep_pack().
  Listpack take_pack() { return Listpack::adopt(entry_->collection()); }
  void keep_pack(Listpack pack) { entry_->change_collection(Encoding::listpack, pack.release()); }
  void make_quicklist();
  // Makes a listpack of a single node that is within a limit.
  void make_packed(const ListNodeLimit& limit);
  void note_shrunk();
  // To be called after a change of a quicklist's node: compresses what list-compress-depth says.
  void keep_depth(std::size_t changed_node);
  // Makes a quicklist if a listpack would have too much to hold.
  void note_growing(std::size_t bytes, std::size_t count, const ListNodeLimit& limit);
};

template <typename Visit>
void ListView::visit(std::size_t first, Visit&& visit) const {
  if (first >= size()) return;
  Quicklist::Place place = place_of(first);
  for (std::size_t i = place.node; i < node_count(); ++i) {
    const ListNode part = node(i);
    if (part.is_plain) {
      if (!visit(part.item(ListEnd::front))) return;
      continue;
    }
    const std::string_view bytes = part.pack().blob();
    const char* element = bytes.data() + (i == place.node ? position_in(part, place.index)
                                                          : ListpackView::header_bytes);
    const char* const end = &bytes.back();
    while (element != end) {
      ListpackItem item;
      element = listpack_element::read_item(element, item);
      if (!visit(item)) return;
    }
  }
}

template <typename Visit>
void ListView::visit_back(std::size_t first, Visit&& visit) const {
  const Quicklist::Place place = place_of(first);
  for (std::size_t i = place.node + 1; i-- > 0;) {
    const ListNode part = node(i);
    if (part.is_plain) {
      if (!visit(part.item(ListEnd::back))) return;
      continue;
    }
    std::size_t at = i == place.node ? position_in(part, place.index) : part.pack().last();
    for (; at != ListpackView::none; at = part.pack().previous(at))
      if (!visit(part.item_at(at))) return;
  }
}

}  // namespace duplex::store
