// The heaviest keys of a stream, in a table that does not grow with it.
#include "commands/top_keys.h"

#include <utility>

namespace duplex::commands {

void TopKeys::add(std::string_view key, std::uint64_t weight) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    known->second->weight += weight;
    return sink(known->second->place);
  }
  if (heap_.size() < capacity_) {
    auto entry = std::make_unique<Entry>();
    entry->key = key;
    Entry* const added = entry.get();
    by_key_.emplace(added->key, std::move(entry));
    heap_.push_back(added);
    // A new key is the lightest until its weight counts.
    for (std::size_t place = heap_.size() - 1; place != 0; place = (place - 1) / 2)
      put(place, heap_[(place - 1) / 2]);
    put(0, added);
    added->weight = weight;
    return sink(0);
  }
  auto node = by_key_.extract(heap_.front()->key);
  Entry& entry = *node.mapped();
  entry.key = key;
  entry.error = entry.weight;
  entry.weight += weight;
  node.key() = entry.key;
  by_key_.insert(std::move(node));
  sink(0);
}

void TopKeys::put(std::size_t place, Entry* entry) {
  heap_[place] = entry;
  entry->place = place;
}

void TopKeys::sink(std::size_t place) {
  Entry* const entry = heap_[place];
  while (true) {
    std::size_t lighter = 2 * place + 1;
    if (lighter >= heap_.size()) break;
    if (lighter + 1 < heap_.size() && heap_[lighter + 1]->weight < heap_[lighter]->weight)
      ++lighter;
    if (heap_[lighter]->weight >= entry->weight) break;
    put(place, heap_[lighter]);
    place = lighter;
  }
  put(place, entry);
}

}  // namespace duplex::commands
