// Lists: the operations on either encoding, and when one becomes the other.
#include "store/list.h"

#include "base/assert.h"
#include "store/packed_limits.h"

#include <limits>
#include <memory>
#include <utility>

namespace duplex::store {

namespace {

ListNodeLimit node_limit() {
  return ListNodeLimit::from_setting(packed_limits().list_size.load(std::memory_order_relaxed));
}

std::size_t compress_depth() {
  return static_cast<std::size_t>(
      packed_limits().list_compress_depth.load(std::memory_order_relaxed));
}

ListNodeLimit halved(const ListNodeLimit& limit) {
  return {.bytes = limit.bytes / 2, .count = limit.count / 2};
}

// With a limit of elements there is none of bytes for a listpack to come back.
ListNodeLimit without_counted_bytes(ListNodeLimit limit) {
  if (limit.count != std::numeric_limits<std::size_t>::max())
    limit.bytes = std::numeric_limits<std::size_t>::max();
  return limit;
}

}  // namespace

ListpackItem ListView::end_item(ListEnd end) const {
  if (!is_packed()) return quicklist().end_node(end).item(end);
  return pack().item(end == ListEnd::front ? pack().first() : pack().last());
}

ListpackItem ListView::at(std::size_t index) const {
  const Quicklist::Place place = place_of(index);
  const ListNode part = node(place.node);
  return part.item_at(position_in(part, place.index));
}

ListNode ListView::node(std::size_t index) const {
  if (!is_packed()) {
    const ListNode& kept = quicklist().node(index);
    if (!kept.is_compressed) return kept;
    const ListNode opened = kept.opened();
    opened_.reset(opened.block);
    return opened;
  }
  return {.block = entry_->collection(),
          .count = static_cast<std::uint32_t>(pack().size()),
          .is_plain = false};
}

Quicklist::Place ListView::place_of(std::size_t index) const {
  if (!is_packed()) return quicklist().place_of(index);
  return {.node = 0, .index = index};
}

EntryPtr List::make(std::string_view key, std::int64_t expiry_ms) {
  return Entry::make_collection(
      key, ValueType::list, Encoding::listpack, Listpack().release(), expiry_ms);
}

void List::push(ListEnd end, std::span<const std::string_view> texts) {
  const ListNodeLimit limit = node_limit();
  if (is_packed()) {
    std::size_t bytes = 0;
    for (const std::string_view text : texts)
      bytes += text.size();
    note_growing(bytes, texts.size(), limit);
  }
  if (!is_packed()) {
    for (const std::string_view text : texts) {
      quicklist().push(end, text, limit);
      keep_depth(end == ListEnd::front ? 0 : quicklist().node_count() - 1);
    }
    return;
  }
  Listpack pack = take_pack();
  for (const std::string_view text : texts)
    if (end == ListEnd::front)
      pack.prepend(text);
    else
      pack.append(text);
  keep_pack(std::move(pack));
}

void List::drop(ListEnd end, std::size_t count) {
  if (count == 0) return;
  if (!is_packed()) {
    quicklist().drop(end, count);
    keep_depth(0);
    return note_shrunk();
  }
  Listpack pack = take_pack();
  if (end == ListEnd::front)
    pack.erase(pack.first(), count);
  else
    pack.erase(pack.at(-static_cast<std::int64_t>(count)), count);
  keep_pack(std::move(pack));
}

void List::keep(std::size_t first, std::size_t count) {
  const std::size_t behind = size() - first - count;
  drop(ListEnd::back, behind);
  drop(ListEnd::front, first);
}

bool List::insert(std::string_view pivot, bool behind, std::string_view text) {
  const ListNodeLimit limit = node_limit();
  note_growing(text.size(), 1, limit);
  if (is_packed()) {
    Listpack pack = take_pack();
    const std::size_t at = pack.find(pivot, pack.first());
    if (at != ListpackView::none && behind) pack.insert_after(at, text);
    if (at != ListpackView::none && !behind) pack.insert_before(at, text);
    keep_pack(std::move(pack));
    return at != ListpackView::none;
  }
  const ListpackNeedle needle(pivot);
  for (std::size_t i = 0; i < quicklist().node_count(); ++i) {
    const ListNode part = node(i);
    Quicklist::Place place{.node = i, .index = 0};
    if (part.is_plain) {
      if (!needle.matches(part.item(ListEnd::front))) continue;
    } else {
      const ListpackView pack = part.pack();
      std::size_t at = pack.first();
      while (at != ListpackView::none && !needle.matches(pack.item(at))) {
        at = pack.next(at);
        ++place.index;
      }
      if (at == ListpackView::none) continue;
    }
    quicklist().insert(place, behind, text, limit);
    keep_depth(i);
    return true;
  }
  return false;
}

void List::replace(std::size_t index, std::string_view text) {
  const ListNodeLimit limit = node_limit();
  note_growing(text.size(), 1, limit);
  if (!is_packed()) {
    const Quicklist::Place place = quicklist().place_of(index);
    quicklist().replace(place, text, limit);
    keep_depth(place.node);
    return note_shrunk();
  }
  Listpack pack = take_pack();
  pack.replace(pack.at(static_cast<std::int64_t>(index)), text);
  keep_pack(std::move(pack));
}

std::size_t List::remove(std::string_view text, std::size_t limit, ListEnd from) {
  if (!is_packed()) {
    const std::size_t removed = quicklist().remove(text, limit, from);
    if (removed > 0) {
      quicklist().compress_inner(compress_depth());
      keep_depth(0);
      note_shrunk();
    }
    return removed;
  }
  Listpack pack = take_pack();
  const std::size_t removed = remove_matches(pack, ListpackNeedle(text), limit, from);
  keep_pack(std::move(pack));
  return removed;
}

void List::append_node(ListNode node) {
  if (is_packed()) make_quicklist();
  quicklist().push_node(ListEnd::back, node);
}

void List::settle() {
  if (is_packed())
    note_growing(0, 0, node_limit());
  else
    make_packed(without_counted_bytes(node_limit()));
  if (!is_packed()) quicklist().compress_inner(compress_depth());
}

void List::keep_depth(std::size_t changed_node) {
  const std::size_t depth = compress_depth();
  if (depth == 0 && !quicklist().has_compressed()) [[likely]]
    return;
  quicklist().keep_depth(depth, changed_node);
}

void List::note_growing(std::size_t bytes, std::size_t count, const ListNodeLimit& limit) {
  if (is_packed() && !limit.allows(pack().bytes() + bytes, pack().size() + count)) make_quicklist();
}

void List::note_shrunk() {
  if (quicklist().node_count() == 1) make_packed(halved(without_counted_bytes(node_limit())));
}

void List::make_quicklist() {
  auto list = std::make_unique<Quicklist>();
  Listpack pack = take_pack();
  if (!pack.is_empty()) list->push_node(ListEnd::back, ListNode::packed(std::move(pack)));
  entry_->change_collection(Encoding::quicklist, list.release());
}

void List::make_packed(const ListNodeLimit& limit) {
  if (quicklist().node_count() != 1) return;
  const ListNode& only = quicklist().node(0);
  if (only.is_plain || !limit.allows(only.bytes(), only.count)) return;
  void* block = quicklist().take_node(0).block;
  Quicklist::destroy(entry_->collection());
  entry_->change_collection(Encoding::listpack, block);
}

}  // namespace duplex::store
