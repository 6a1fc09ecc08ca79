// Slices of tables by their hashes, of sorted sets by rank, of lists by nodes, of strings by bytes.
#include "rdb/sliced_entry.h"

#include "base/numbers.h"
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

// So much is appended between two looks at the size of the slice.
constexpr std::size_t some_elements = 64;
constexpr std::size_t some_bytes = std::size_t{64} << 10;
// A node of a list has as many bytes as many elements.
constexpr std::size_t node_elements = 128;

constexpr char packed_node = 2;
constexpr char plain_node = 1;

std::size_t pending_of(const store::StreamData& stream) {
  std::size_t pending = 0;
  for (const auto& [name, group] : stream.groups)
    pending += group.pending().size() + group.consumers().size();
  return pending;
}

// Whether a value has more than a slice, by its elements or about by its bytes.
bool is_worth_slicing(const store::Entry& entry, std::size_t elements) {
  constexpr std::size_t samples = 5;
  return elements > slice_elements || entry.memory_bytes(samples) > slice_bytes;
}

}  // namespace

std::size_t piece_count(const store::Entry& entry) {
  switch (entry.type()) {
    case store::ValueType::hash:
      return store::HashView(entry).size();
    case store::ValueType::set:
      return store::SetView(entry).size();
    case store::ValueType::sorted_set:
      return store::SortedSetView(entry).size();
    case store::ValueType::list:
      return store::ListView(entry).node_count();
    case store::ValueType::stream:
      return store::StreamView(entry)->size();
    case store::ValueType::string:
      break;
  }
  return entry.text_size();
}

bool SlicedEntry::is_large(const store::Entry& entry, int version) {
  switch (entry.encoding()) {
    case store::Encoding::hashtable:
    case store::Encoding::skiplist:
      return is_worth_slicing(entry, piece_count(entry));
    case store::Encoding::quicklist:
      // Older versions have nodes of another form.
      return written_type(entry, version) == ValueType::list_quicklist_2 &&
             is_worth_slicing(entry, piece_count(entry) * node_elements);
    case store::Encoding::stream: {
      const store::StreamData& stream = *store::StreamView(entry);
      return is_worth_slicing(entry, stream.size() + pending_of(stream));
    }
    case store::Encoding::raw:
      return entry.text_size() > slice_bytes;
    default:
      return false;
  }
}

SlicedEntry::SlicedEntry(const store::Entry& entry, const Usage& usage, bool compress, int version)
    : entry_(entry),
      usage_(usage),
      compress_(compress),
      version_(version),
      type_(written_type(entry, version)),
      total_(piece_count(entry)) {
  if (entry.type() == store::ValueType::stream)
    stream_.emplace(*store::StreamView(entry), type_, compress);
}

void SlicedEntry::append(base::Buffer& out) {
  const std::size_t end = out.size() + slice_bytes;
  if (!begun_) append_head(out);
  begun_ = true;
  for (std::size_t elements = 0; !done_ && elements < slice_elements && out.size() < end;)
    elements += append_some(out);
}

// What stands before the elements.
void SlicedEntry::append_head(base::Buffer& out) {
  append_entry_head(out, entry_, usage_, version_);
  if (stream_) return;
  if (type_ == ValueType::hash_timed) {
    earliest_ms_ = store::HashView(entry_).earliest_expiry_ms();
    append_uint64(out, static_cast<std::uint64_t>(earliest_ms_));
  }
  append_length(out, total_);
}

std::size_t SlicedEntry::append_some(base::Buffer& out) {
  switch (entry_.type()) {
    case store::ValueType::hash:
      return append_fields(out);
    case store::ValueType::set:
      cursor_ = store::SetView(entry_).scan(cursor_, some_elements, [&](std::string_view member) {
        append_string(out, member, compress_);
      });
      done_ = cursor_ == 0;
      return some_elements;
    case store::ValueType::sorted_set:
      return append_scores(out);
    case store::ValueType::list:
      return append_nodes(out);
    case store::ValueType::stream:
      stream_->append(out, 1);
      done_ = stream_->done();
      return 1;
    case store::ValueType::string:
      break;
  }
  return append_text(out);
}

std::size_t SlicedEntry::append_fields(base::Buffer& out) {
  const auto append_field = [&](std::string_view field, std::string_view value, auto expiry_ms) {
    if (type_ == ValueType::hash_timed)
      append_length(out,
                    expiry_ms == store::no_expiry
                        ? 0
                        : static_cast<std::uint64_t>(expiry_ms - earliest_ms_) + 1);
    append_string(out, field, compress_);
    append_string(out, value, compress_);
  };
  cursor_ = store::HashView(entry_).scan_timed(cursor_, some_elements, append_field);
  done_ = cursor_ == 0;
  return some_elements;
}

std::size_t SlicedEntry::append_scores(base::Buffer& out) {
  // From the highest score down, as append_value() does it: Redis reads that fastest.
  const std::size_t count = std::min<std::size_t>(some_elements, total_ - cursor_);
  store::SortedSetView(entry_).visit(
      {total_ - cursor_ - count, count}, true, [&](std::string_view text, double score) {
        append_string(out, text, compress_);
        append_uint64(out, std::bit_cast<std::uint64_t>(score));
      });
  cursor_ += count;
  done_ = cursor_ == total_;
  return count;
}

std::size_t SlicedEntry::append_nodes(base::Buffer& out) {
  const store::ListNode node = store::ListView(entry_).node(cursor_);
  append_length(out, static_cast<std::uint64_t>(node.is_plain ? plain_node : packed_node));
  append_string(out, node.is_plain ? node.plain_text() : node.pack().blob(), compress_);
  done_ = ++cursor_ == total_;
  return node_elements;
}

std::size_t SlicedEntry::append_text(base::Buffer& out) {
  char scratch[base::int64_digits_max];
  const std::string_view piece = entry_.text(scratch).substr(cursor_, some_bytes);
  out.append(piece);
  cursor_ += piece.size();
  done_ = cursor_ == total_;
  return 1;
}

}  // namespace duplex::rdb
