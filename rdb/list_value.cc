// Lists: as plain strings, and as nodes of several kinds.
#include "base/numbers.h"
#include "rdb/collection_values.h"
#include "rdb/encoder.h"
#include "rdb/ziplist.h"
#include "store/list.h"

#include <string>
#include <utility>

namespace duplex::rdb {

namespace {

// How the nodes of a quicklist are marked.
constexpr std::uint64_t plain_node = 1;
constexpr std::uint64_t packed_node = 2;

Decoded<bool> read_elements(Decoder& decoder, std::uint64_t count, store::List& list) {
  std::string scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = decoder.string(scratch);
    if (!text) return std::unexpected(text.error());
    list.push(store::ListEnd::back, *text);
  }
  return true;
}

Decoded<bool> read_nodes(Decoder& decoder, std::uint64_t count, store::List& list) {
  std::string scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto container = decoder.length();
    if (!container) return std::unexpected(container.error());
    const auto bytes = decoder.string(scratch);
    if (!bytes) return std::unexpected(bytes.error());
    if (*container == plain_node) {
      list.append_node(store::ListNode::plain(*bytes));
      continue;
    }
    if (*container != packed_node) return std::unexpected("a list has a node of an unknown kind");
    if (!store::ListpackView::is_valid(*bytes))
      return std::unexpected("a list has a damaged listpack");
    store::Listpack pack = store::Listpack::from_bytes(*bytes);
    if (!pack.is_empty()) list.append_node(store::ListNode::packed(std::move(pack)));
  }
  return true;
}

// The nodes of Redis 3.2 to 6.2, or the only one of the versions before.
Decoded<bool> read_ziplists(Decoder& decoder, std::uint64_t count, store::List& list) {
  std::string scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto bytes = decoder.string(scratch);
    if (!bytes) return std::unexpected(bytes.error());
    auto pack = listpack_from_ziplist(*bytes);
    if (!pack) return std::unexpected("a list has a damaged ziplist");
    if (!pack->is_empty()) list.append_node(store::ListNode::packed(std::move(*pack)));
  }
  return true;
}

Decoded<bool> read_parts(Decoder& decoder, ValueType type, store::List& list) {
  if (type == ValueType::list_ziplist) return read_ziplists(decoder, 1, list);
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  if (type == ValueType::list) return read_elements(decoder, *count, list);
  if (type == ValueType::list_quicklist) return read_ziplists(decoder, *count, list);
  return read_nodes(decoder, *count, list);
}

void append_elements(base::Buffer& out, const store::ListView& list, bool compress) {
  append_length(out, list.size());
  list.visit(0, [&](const store::ListpackItem& item) {
    char scratch[base::int64_digits_max];
    append_string(out, item.text(scratch), compress);
    return true;
  });
}

}  // namespace

Decoded<store::EntryPtr> read_list(Decoder& decoder,
                                   ValueType type,
                                   std::string_view key,
                                   std::int64_t expiry_ms) {
  store::EntryPtr entry = store::List::make(key, expiry_ms);
  store::List list(*entry);
  const auto read = read_parts(decoder, type, list);
  if (!read) return std::unexpected(read.error());
  if (list.is_empty()) return nullptr;
  list.settle();
  return entry;
}

void append_list(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress) {
  const store::ListView list(entry);
  if (type == ValueType::list) return append_elements(out, list, compress);
  append_length(out, list.node_count());
  for (std::size_t i = 0; i < list.node_count(); ++i) {
    const store::ListNode node = list.node(i);
    append_length(out, node.is_plain ? plain_node : packed_node);
    append_string(out, node.is_plain ? node.plain_text() : node.pack().blob(), compress);
  }
}

}  // namespace duplex::rdb
