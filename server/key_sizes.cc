// INFO keysizes: how many values there are of which size, for each type.
#include "server/key_sizes.h"

#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <optional>
#include <string_view>

namespace duplex::server {

using store::Entry;
using store::ValueType;

namespace {

// How many keys are looked at before their shard is given up for an instant.
constexpr std::size_t slice_keys = 512;

// In the order in which they are shown.
constexpr std::string_view names[] = {
    "strings_sizes", "lists_items", "sets_items", "zsets_items", "hashes_items"};

struct Measured {
  std::size_t type;  // index of names
  std::size_t size;
};

std::optional<Measured> measure(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::string:
      return Measured{0, entry.text_size()};
    case ValueType::list:
      return Measured{1, store::ListView(entry).size()};
    case ValueType::set:
      return Measured{2, store::SetView(entry).size()};
    case ValueType::sorted_set:
      return Measured{3, store::SortedSetView(entry).size()};
    case ValueType::hash:
      return Measured{4, store::HashView(entry).size()};
    case ValueType::stream:
      break;
  }
  return std::nullopt;
}

// The smallest size of a bin: "0", "1", "2", ... "512", "1K", ...
std::string label(std::size_t bin) {
  constexpr std::string_view units[] = {"", "K", "M", "G", "T", "P", "E"};
  constexpr std::size_t bits_of_unit = 10;
  if (bin == 0) return "0";
  const std::size_t bit = bin - 1;
  return fmt::format("{}{}", 1u << bit % bits_of_unit, units[bit / bits_of_unit]);
}

}  // namespace

void KeySizes::add(const Entry& entry) {
  if (const auto measured = measure(entry))
    ++counts_[measured->type][static_cast<std::size_t>(std::bit_width(measured->size))];
}

void KeySizes::count(store::ShardLock& lock, int database) {
  const bool is_held = lock.holds_all();
  for (std::size_t shard = 0; shard < store::shard_count; ++shard) {
    std::uint64_t cursor = 0;
    do {
      if (!is_held) lock.visit_shard(shard);
      std::uint64_t next = 0;
      if (const store::Table* table = lock.table_if_any(database, shard))
        next = table->scan_hashes(
            cursor, slice_keys, [&](std::uint64_t hash, const store::EntrySlot& slot) {
              // The last slice may have had some of these.
              if (hash >= cursor) add(*slot.entry());
            });
      if (!is_held) lock.unlock();
      cursor = next;
    } while (cursor != 0);
  }
}

void KeySizes::append_to(std::string& text, int database) const {
  for (std::size_t type = 0; type < types; ++type) {
    bool is_first = true;
    for (std::size_t bin = 0; bin < bins; ++bin) {
      if (counts_[type][bin] == 0) continue;
      if (is_first)
        fmt::format_to(std::back_inserter(text), "db{}_distrib_{}:", database, names[type]);
      fmt::format_to(
          std::back_inserter(text), "{}{}={}", is_first ? "" : ",", label(bin), counts_[type][bin]);
      is_first = false;
    }
    if (!is_first) text += "\r\n";
  }
}

}  // namespace duplex::server
