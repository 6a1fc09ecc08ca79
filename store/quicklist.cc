// Rows of listpacks: the ends, the ring, what is compressed, and changes in the middle.
#include "store/quicklist.h"

#include "base/assert.h"
#include "base/memory.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace duplex::store {

namespace {

constexpr std::size_t slots_min = 4;
// More nodes than this are freed in the background.
constexpr std::size_t heavy_nodes_min = 64;

// Removes up to `limit` elements that match. A plain node's text stays, only its count is 0 then.
void remove_from(ListNode& node, const ListpackNeedle& needle, std::size_t limit, ListEnd from) {
  if (node.is_plain) {
    if (needle.matches(node.item(ListEnd::front))) node.count = 0;
    return;
  }
  Listpack pack = Listpack::adopt(node.block);
  node.count -= static_cast<std::uint32_t>(remove_matches(pack, needle, limit, from));
  node.block = pack.release();
}

}  // namespace

std::size_t remove_matches(Listpack& pack,
                           const ListpackNeedle& needle,
                           std::size_t limit,
                           ListEnd from) {
  std::size_t removed = 0;
  std::size_t at = from == ListEnd::front ? pack.first() : pack.last();
  while (at != ListpackView::none && removed < limit) {
    const bool matches = needle.matches(pack.item(at));
    // Positions before the removed element stay what they are.
    const std::size_t before = from == ListEnd::back ? pack.previous(at) : ListpackView::none;
    std::size_t next = ListpackView::none;
    if (matches) {
      next = pack.erase(at);
      ++removed;
    } else if (from == ListEnd::front) {
      next = pack.next(at);
    }
    at = from == ListEnd::front ? next : before;
  }
  return removed;
}

Quicklist::~Quicklist() {
  for (std::size_t i = 0; i < nodes_; ++i)
    node(i).destroy();
  ::operator delete(ring_);
}

void* Quicklist::clone(const void* list) {
  const auto& source = *static_cast<const Quicklist*>(list);
  auto twin = std::make_unique<Quicklist>();
  for (std::size_t i = 0; i < source.nodes_; ++i)
    twin->push_node(ListEnd::back, source.node(i).clone());
  return twin.release();
}

std::size_t Quicklist::memory_bytes(const void* list, std::size_t samples) {
  const auto& measured = *static_cast<const Quicklist*>(list);
  const std::size_t sampled = std::min(measured.nodes_, samples);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < sampled; ++i)
    bytes += base::usable_size(measured.node(i).block);
  if (sampled < measured.nodes_) bytes = bytes / sampled * measured.nodes_;
  bytes += base::usable_size(list);
  return measured.ring_ == nullptr ? bytes : bytes + base::usable_size(measured.ring_);
}

bool Quicklist::is_heavy(const void* list) {
  return static_cast<const Quicklist*>(list)->nodes_ > heavy_nodes_min;
}

void Quicklist::push(ListEnd end, std::string_view text, const ListNodeLimit& limit) {
  if (nodes_ == 0 || !end_node(end).has_room(text, limit))
    return push_node(end, ListNode::of(text, limit));
  put(slot(end == ListEnd::front ? 0 : nodes_ - 1), end, text);
}

void Quicklist::drop(ListEnd end, std::size_t count) {
  DUPLEX_DCHECK(count <= elements_);
  while (count > 0) {
    const std::size_t last = end == ListEnd::front ? 0 : nodes_ - 1;
    ListNode& from = slot(last);
    if (count >= from.count) {
      count -= from.count;
      take_node(last).destroy();
      continue;
    }
    open(from);
    Listpack pack = Listpack::adopt(from.block);
    const auto kept = static_cast<std::int64_t>(from.count - count);
    if (end == ListEnd::front)
      pack.erase(pack.first(), count);
    else
      pack.erase(count == 1 ? pack.last() : pack.at(kept), count);
    from.block = pack.release();
    from.count -= static_cast<std::uint32_t>(count);
    elements_ -= count;
    count = 0;
  }
}

void Quicklist::push_node(ListEnd end, ListNode node) {
  DUPLEX_DCHECK(node.count > 0);
  insert_node(end == ListEnd::front ? 0 : nodes_, node);
}

// The shorter side of the ring moves.
ListNode Quicklist::take_node(std::size_t index) {
  const ListNode taken = node(index);
  if (index < nodes_ / 2) {
    for (std::size_t i = index; i > 0; --i)
      slot(i) = slot(i - 1);
    head_ = (head_ + 1) & mask();
  } else {
    for (std::size_t i = index; i + 1 < nodes_; ++i)
      slot(i) = slot(i + 1);
  }
  --nodes_;
  elements_ -= taken.count;
  if (taken.is_compressed) --compressed_;
  return taken;
}

void Quicklist::insert_node(std::size_t index, ListNode node) {
  if (nodes_ == capacity_) grow_ring();
  ++nodes_;
  if (index < nodes_ / 2) {
    head_ = (head_ - 1) & mask();
    for (std::size_t i = 0; i < index; ++i)
      slot(i) = slot(i + 1);
  } else {
    for (std::size_t i = nodes_ - 1; i > index; --i)
      slot(i) = slot(i - 1);
  }
  slot(index) = node;
  elements_ += node.count;
  if (node.is_compressed) ++compressed_;
}

void Quicklist::grow_ring() {
  const std::size_t capacity = std::max(slots_min, capacity_ * 2);
  auto* ring = static_cast<ListNode*>(::operator new(capacity * sizeof(ListNode)));
  for (std::size_t i = 0; i < nodes_; ++i)
    ring[i] = node(i);
  ::operator delete(ring_);
  ring_ = ring;
  capacity_ = capacity;
  head_ = 0;
}

Quicklist::Place Quicklist::place_of(std::size_t index) const {
  DUPLEX_DCHECK(index < elements_);
  std::size_t at_node = 0;
  if (index < elements_ / 2) {
    while (index >= node(at_node).count)
      index -= node(at_node++).count;
  } else {
    std::size_t before = elements_;
    at_node = nodes_;
    do
      before -= node(--at_node).count;
    while (before > index);
    index -= before;
  }
  return {.node = at_node, .index = index};
}

void Quicklist::open(ListNode& node) {
  node.resists = false;
  if (!node.is_compressed) return;
  const ListNode opened = node.opened();
  node.destroy();
  node = opened;
  --compressed_;
}

void Quicklist::compress(ListNode& node) {
  if (node.is_compressed || node.resists) return;
  node.compress();
  if (node.is_compressed) ++compressed_;
}

void Quicklist::keep_depth(std::size_t depth, std::size_t changed) {
  // A change touches no nodes that are further away than this: it splits one and joins neighbours.
  constexpr std::size_t reach = 3;
  if (nodes_ == 0) return;
  const std::size_t open_ends = std::min(std::max<std::size_t>(depth, 1), nodes_);
  for (std::size_t i = 0; compressed_ != 0 && i < open_ends; ++i) {
    open(slot(i));
    open(slot(nodes_ - 1 - i));
  }
  if (depth == 0 || nodes_ <= 2 * depth) return;
  const auto compress_between = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = std::max(first, depth); i <= std::min(last, nodes_ - 1 - depth); ++i)
      compress(slot(i));
  };
  compress_between(depth, depth);
  compress_between(nodes_ - 1 - depth, nodes_ - 1 - depth);
  compress_between(changed - std::min(changed, reach), changed + reach);
}

void Quicklist::compress_inner(std::size_t depth) {
  if (depth == 0) return;
  for (std::size_t i = depth; i + depth < nodes_; ++i)
    compress(slot(i));
}

void Quicklist::put(ListNode& node, std::size_t at, std::string_view text) {
  open(node);
  Listpack pack = Listpack::adopt(node.block);
  pack.insert_before(at, text);
  node.block = pack.release();
  ++node.count;
  ++elements_;
}

void Quicklist::put(ListNode& node, ListEnd end, std::string_view text) {
  put(node, end == ListEnd::front ? ListpackView::header_bytes : node.bytes() - 1, text);
}

void Quicklist::insert(Place place,
                       bool behind,
                       std::string_view text,
                       const ListNodeLimit& limit) {
  ListNode& node = slot(place.node);
  if (node.has_room(text, limit)) {
    open(node);
    const std::size_t at = node.pack().at(static_cast<std::int64_t>(place.index));
    const std::size_t next = behind ? node.pack().next(at) : at;
    if (next == ListpackView::none) return put(node, ListEnd::back, text);
    return put(node, next, text);
  }
  const bool at_front = !behind && place.index == 0;
  const bool at_back = behind && place.index + 1 == node.count;
  if (at_back || at_front) {
    const std::size_t between = at_back ? place.node + 1 : place.node;
    // The neighbour on the other side of the gap may have room.
    const std::size_t neighbour = at_back ? between : between - 1;
    if (neighbour < nodes_ && slot(neighbour).has_room(text, limit))
      return put(slot(neighbour), at_back ? ListEnd::front : ListEnd::back, text);
    return insert_node(between, ListNode::of(text, limit));
  }
  split(place.node, place.index + (behind ? 1 : 0));
  if (is_large(text, limit)) {
    insert_node(place.node + 1, ListNode::plain(text));
    return join_around(place.node, limit);
  }
  if (behind)
    put(slot(place.node + 1), ListEnd::front, text);
  else
    put(slot(place.node), ListEnd::back, text);
  join_around(place.node, limit);
}

void Quicklist::replace(Place place, std::string_view text, const ListNodeLimit& limit) {
  ListNode& node = slot(place.node);
  open(node);
  if (node.count == 1) {
    node.destroy();
    node = ListNode::of(text, limit);
    return;
  }
  const std::size_t at = node.pack().at(static_cast<std::int64_t>(place.index));
  const std::size_t old_bytes =
      node.pack().bytes() - listpack_element::whole_bytes(node.pack().blob().data() + at);
  const bool fits =
      limit.allows(old_bytes + text.size() + ListNodeLimit::element_overhead, node.count);
  Listpack pack = Listpack::adopt(node.block);
  if (fits) {
    pack.replace(at, text);
    node.block = pack.release();
    return;
  }
  // The element gets a node of its own, between what stood before and behind it.
  const std::size_t next = pack.erase(at);
  node.block = pack.release();
  --node.count;
  --elements_;
  std::size_t between = place.node;
  if (place.index > 0) ++between;
  if (place.index > 0 && next != ListpackView::none) split(place.node, place.index);
  insert_node(between, ListNode::of(text, limit));
  join_around(between, limit);
}

void Quicklist::split(std::size_t index, std::size_t first) {
  ListNode& node = slot(index);
  open(node);
  Listpack front = Listpack::adopt(node.block);
  const std::size_t at = front.at(static_cast<std::int64_t>(first));
  Listpack back;
  back.append_from(front, at);
  const auto moved = static_cast<std::uint32_t>(node.count - first);
  front.erase(at, moved);
  node.block = front.release();
  node.count -= moved;
  elements_ -= moved;
  insert_node(index + 1, {.block = back.release(), .count = moved, .is_plain = false});
}

void Quicklist::join_around(std::size_t center, const ListNodeLimit& limit) {
  if (center >= 2 && join_with_next(center - 2, limit)) --center;
  if (center + 2 < nodes_) join_with_next(center + 1, limit);
  if (center >= 1 && join_with_next(center - 1, limit)) --center;
  if (center + 1 < nodes_) join_with_next(center, limit);
}

bool Quicklist::join_with_next(std::size_t index, const ListNodeLimit& limit) {
  ListNode& left = slot(index);
  ListNode& right = slot(index + 1);
  if (left.is_plain || right.is_plain) return false;
  const std::size_t bytes = left.bytes() + right.bytes() - ListpackView::empty_bytes;
  if (!limit.allows(bytes, std::size_t{left.count} + right.count)) return false;
  open(left);
  open(right);
  Listpack pack = Listpack::adopt(left.block);
  pack.append_all(right.pack());
  left.block = pack.release();
  left.count += right.count;
  elements_ += right.count;
  take_node(index + 1).destroy();
  return true;
}

std::size_t Quicklist::remove(std::string_view text, std::size_t limit, ListEnd from) {
  const ListpackNeedle needle(text);
  std::size_t removed = 0;
  bool emptied = false;
  for (std::size_t i = 0; i < nodes_ && removed < limit; ++i) {
    ListNode& node = slot(from == ListEnd::front ? i : nodes_ - 1 - i);
    const std::uint32_t before = node.count;
    ListNode changed = node.is_compressed ? node.opened() : node;
    remove_from(changed, needle, limit - removed, from);
    if (node.is_compressed && changed.count == before) {
      changed.destroy();
      continue;
    }
    if (node.is_compressed) {
      node.destroy();
      --compressed_;
    }
    node = changed;
    removed += before - node.count;
    emptied = emptied || node.count == 0;
  }
  elements_ -= removed;
  if (emptied) drop_empty_nodes();
  return removed;
}

void Quicklist::drop_empty_nodes() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < nodes_; ++i) {
    if (node(i).count == 0)
      node(i).destroy();
    else
      slot(kept++) = node(i);
  }
  nodes_ = kept;
}

}  // namespace duplex::store
