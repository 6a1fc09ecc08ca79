// What has the id of an entry of a stream, in the order of ids.
#pragma once

#include "store/stream_id.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace duplex::store {

inline const StreamId& id_of(const StreamId& id) {
  return id;
}

// Items with ids of their own, in sorted runs of a few dozen: a pending entry takes little more
// than its own bytes that way. Items are mostly added at the end and removed near the front.
//
// For each type of items there is an id_of(). Pointers, references and iterators are valid until
// the next change. Thread: as its owner.
template <typename Item>
class StreamIdRuns {
  using Run = std::vector<Item>;
  using Runs = std::map<StreamId, Run>;

 public:
  static constexpr std::size_t run_items_max = 64;

  class Iterator {
   public:
    const Item& operator*() const { return run_->second[index_]; }
    const Item* operator->() const { return &run_->second[index_]; }
    Iterator& operator++() {
      if (++index_ == run_->second.size()) *this = {std::next(run_), 0};
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    friend class StreamIdRuns;
    Iterator(typename Runs::const_iterator run, std::size_t index) : run_(run), index_(index) {}

    typename Runs::const_iterator run_;
    std::size_t index_;
  };

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Iterator begin() const { return {runs_.begin(), 0}; }
  Iterator end() const { return {runs_.end(), 0}; }
  // Requires: not empty().
  const Item& front() const { return runs_.begin()->second.front(); }
  const Item& back() const { return runs_.rbegin()->second.back(); }

  // The first item that has this id or a higher one.
  Iterator lower_bound(StreamId id) const {
    const auto run = run_of(runs_, id);
    if (run == runs_.end()) return begin();
    const auto index = static_cast<std::size_t>(place_in(run->second, id) - run->second.begin());
    return index < run->second.size() ? Iterator(run, index) : Iterator(std::next(run), 0);
  }
  // nullptr if there is none.
  Item* find(StreamId id) {
    const auto run = run_of(runs_, id);
    if (run == runs_.end()) return nullptr;
    const auto place = place_in(run->second, id);
    return place != run->second.end() && id_of(*place) == id ? &*place : nullptr;
  }
  // The item that has this id now, and whether it is the given one.
  std::pair<Item*, bool> insert(const Item& item) {
    const StreamId id = id_of(item);
    auto run = run_of(runs_, id);
    if (run != runs_.end()) {
      const auto place = place_in(run->second, id);
      if (place != run->second.end() && id_of(*place) == id) return {&*place, false};
      const bool is_behind = place == run->second.end();
      if (run->second.size() == run_items_max) run = is_behind ? runs_.end() : split(run, id);
    }
    ++size_;
    if (run == runs_.end()) run = runs_.emplace(id, Run()).first;
    return {&*run->second.insert(place_in(run->second, id), item), true};
  }
  // Returns whether it was there.
  bool erase(StreamId id) {
    const auto run = run_of(runs_, id);
    if (run == runs_.end()) return false;
    Run& items = run->second;
    const auto place = place_in(items, id);
    if (place == items.end() || id_of(*place) != id) return false;
    items.erase(place);
    --size_;
    if (items.empty())
      runs_.erase(run);
    else if (items.size() * 4 <= items.capacity())
      items.shrink_to_fit();
    return true;
  }

  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& [first, items] : runs_)
      for (Item& item : items)
        visit(item);
  }

  std::size_t memory_bytes() const {
    constexpr std::size_t run_bytes = sizeof(typename Runs::value_type) + 40;  // a map's node
    return size_ * sizeof(Item) + runs_.size() * run_bytes;
  }

 private:
  // The run that has the id if any has: the last one that starts at it or before. The key of a run
  // is not above its first item.
  template <typename Map>
  static auto run_of(Map& runs, StreamId id) {
    auto behind = runs.upper_bound(id);
    return behind == runs.begin() ? runs.end() : std::prev(behind);
  }
  template <typename Items>
  static auto place_in(Items& items, StreamId id) {
    return std::lower_bound(
        items.begin(), items.end(), id, [](const Item& item, const StreamId& wanted) {
          return id_of(item) < wanted;
        });
  }
  // Halves a run; returns the half where the id belongs.
  typename Runs::iterator split(typename Runs::iterator run, StreamId id) {
    Run& items = run->second;
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    Run upper(middle, items.end());
    items.erase(middle, items.end());
    const auto other = runs_.emplace(id_of(upper.front()), std::move(upper)).first;
    return id < other->first ? run : other;
  }

  Runs runs_;
  std::size_t size_ = 0;
};

}  // namespace duplex::store
