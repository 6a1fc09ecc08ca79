// The heaviest keys of a stream, in a table that does not grow with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::commands {

// Keys with weights that only rise. A full table gives the place of its lightest key to a new one,
// which inherits the weight as an error: so weights are too high, never too low, by at most a
// `capacity`-th part of all weight, and every key that is heavier than that is in the table.
//
// Thread: confined to its owner.
class TopKeys {
 public:
  struct Entry {
    std::string key;
    std::uint64_t weight = 0;
    std::uint64_t error = 0;  // of the weight, at most
    std::size_t place = 0;    // in heap_
  };

  explicit TopKeys(std::size_t capacity) : capacity_(capacity) {}

  void add(std::string_view key, std::uint64_t weight);
  // In no order.
  const std::vector<Entry*>& entries() const { return heap_; }

 private:
  // Moves an entry that has become heavier to its place.
  void sink(std::size_t place);
  void put(std::size_t place, Entry* entry);

  std::size_t capacity_;
  // By the entry's own key.
  std::unordered_map<std::string_view, std::unique_ptr<Entry>> by_key_;
  std::vector<Entry*> heap_;  // the lightest in front
};

}  // namespace duplex::commands
