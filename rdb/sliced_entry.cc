// Slices of tables by their hashes, of sorted sets by rank, of lists by nodes.
#include "rdb/sliced_entry.h"

#include "rdb/encoder.h"
#include "rdb/value.h"
#include "rdb/writer.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <algorithm>
#include <bit>

namespace duplex::rdb {

namespace {

// A node of a list has as many bytes as many elements.
constexpr std::size_t slice_nodes = 16;

constexpr char packed_node = 2;
constexpr char plain_node = 1;

// What stands before the elements: how many there are, in nodes for a list.
std::size_t counted(const store::Entry& entry) {
  switch (entry.type()) {
    case store::ValueType::hash:
      return store::HashView(entry).size();
    case store::ValueType::set:
      return store::SetView(entry).size();
    case store::ValueType::sorted_set:
      return store::SortedSetView(entry).size();
    case store::ValueType::list:
      return store::ListView(entry).node_count();
    default:
      return 0;
  }
}

}  // namespace

bool SlicedEntry::is_large(const store::Entry& entry, int version) {
  switch (entry.encoding()) {
    case store::Encoding::hashtable:
      // Hashes whose fields end have their earliest time first: that takes a walk of its own.
      return !entry.has_timed_fields() && counted(entry) > slice_elements;
    case store::Encoding::skiplist:
      return counted(entry) > slice_elements;
    case store::Encoding::quicklist:
      // Older versions have nodes of another form.
      return written_type(entry, version) == ValueType::list_quicklist_2 &&
             counted(entry) > slice_nodes;
    default:
      return false;
  }
}

void SlicedEntry::append(base::Buffer& out) {
  if (!begun_) {
    append_entry_head(out, entry_, usage_, version_);
    append_length(out, counted(entry_));
    begun_ = true;
  }
  append_elements(out);
}

void SlicedEntry::append_elements(base::Buffer& out) {
  const std::size_t total = counted(entry_);
  switch (entry_.type()) {
    case store::ValueType::hash:
      cursor_ = store::HashView(entry_).scan(
          cursor_, slice_elements, [&](std::string_view field, std::string_view value) {
            append_string(out, field, compress_);
            append_string(out, value, compress_);
          });
      done_ = cursor_ == 0;
      break;
    case store::ValueType::set:
      cursor_ = store::SetView(entry_).scan(cursor_, slice_elements, [&](std::string_view member) {
        append_string(out, member, compress_);
      });
      done_ = cursor_ == 0;
      break;
    case store::ValueType::sorted_set: {
      // From the highest score down, as append_value() does it: Redis reads that fastest.
      const std::size_t count = std::min<std::size_t>(slice_elements, total - cursor_);
      store::SortedSetView(entry_).visit(
          {total - cursor_ - count, count}, true, [&](std::string_view text, double score) {
            append_string(out, text, compress_);
            append_uint64(out, std::bit_cast<std::uint64_t>(score));
          });
      cursor_ += count;
      done_ = cursor_ == total;
      break;
    }
    default: {
      const store::ListView list(entry_);
      const std::size_t end = std::min<std::size_t>(cursor_ + slice_nodes, total);
      for (; cursor_ < end; ++cursor_) {
        const store::ListNode node = list.node(cursor_);
        append_length(out, static_cast<std::uint64_t>(node.is_plain ? plain_node : packed_node));
        append_string(out, node.is_plain ? node.plain_text() : node.pack().blob(), compress_);
      }
      done_ = cursor_ == total;
      break;
    }
  }
}

}  // namespace duplex::rdb
