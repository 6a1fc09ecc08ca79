// A part of a long list: a listpack or one large text, perhaps compressed.
#include "store/list_node.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <lzf.h>
#include <memory>
#include <new>

namespace duplex::store {

namespace {

// No node with a limit of elements becomes larger than this.
constexpr std::size_t counted_node_bytes_max = 8192;
constexpr std::array<std::size_t, 5> node_bytes_levels = {4096, 8192, 16384, 32768, 65536};

// A plain node's block: the size, then the bytes.
constexpr std::size_t plain_header_bytes = sizeof(std::size_t);

// A compressed block: these sizes, then the bytes that LZF made of a listpack or a text.
struct CompressedHeader {
  std::uint32_t bytes;
  std::uint32_t packed_bytes;
};

// Smaller nodes are not compressed, and none for a gain below the second number: Redis's figures.
constexpr std::size_t compressed_node_bytes_min = 48;
constexpr std::size_t compression_gain_min = 8;

char* make_plain_block(std::size_t size) {
  auto* block = static_cast<char*>(::operator new(plain_header_bytes + size));
  std::memcpy(block, &size, sizeof size);
  return block;
}

}  // namespace

ListNodeLimit ListNodeLimit::from_setting(std::int64_t list_size) {
  if (list_size >= 0) {
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(list_size, 1));
    return {.bytes = counted_node_bytes_max, .count = count};
  }
  const auto level =
      std::min(static_cast<std::size_t>(-(list_size + 1)), node_bytes_levels.size() - 1);
  return {.bytes = node_bytes_levels[level], .count = std::numeric_limits<std::size_t>::max()};
}

ListNode ListNode::plain(std::string_view text) {
  char* block = make_plain_block(text.size());
  std::memcpy(block + plain_header_bytes, text.data(), text.size());
  return {.block = block, .count = 1, .is_plain = true};
}

ListNode ListNode::packed(Listpack pack) {
  const auto count = static_cast<std::uint32_t>(pack.size());
  return {.block = pack.release(), .count = count, .is_plain = false};
}

ListNode ListNode::of(std::string_view text, const ListNodeLimit& limit) {
  if (is_large(text, limit)) return plain(text);
  Listpack pack;
  pack.append(text);
  return {.block = pack.release(), .count = 1, .is_plain = false};
}

ListNode ListNode::clone() const {
  ListNode twin = *this;
  if (is_compressed) {
    const auto header = listpack_element::load<CompressedHeader>(static_cast<const char*>(block));
    const std::size_t size = sizeof header + header.packed_bytes;
    twin.block = ::operator new(size);
    std::memcpy(twin.block, block, size);
  } else if (is_plain) {
    twin = plain(plain_text());
  } else {
    twin.block = Listpack::clone(block);
  }
  return twin;
}

std::size_t ListNode::bytes() const {
  if (is_compressed)
    return listpack_element::load<CompressedHeader>(static_cast<const char*>(block)).bytes;
  return is_plain ? plain_text().size() : pack().bytes();
}

bool ListNode::has_room(std::string_view text, const ListNodeLimit& limit) const {
  if (is_plain || is_large(text, limit)) return false;
  return limit.allows(bytes() + text.size() + ListNodeLimit::element_overhead, count + 1u);
}

ListNode ListNode::opened() const {
  DUPLEX_DCHECK(is_compressed);
  const auto* source = static_cast<const char*>(block);
  const auto header = listpack_element::load<CompressedHeader>(source);
  char* target =
      is_plain ? make_plain_block(header.bytes) : static_cast<char*>(::operator new(header.bytes));
  const unsigned int size = lzf_decompress(source + sizeof header,
                                           header.packed_bytes,
                                           is_plain ? target + plain_header_bytes : target,
                                           header.bytes);
  DUPLEX_ASSERT(size == header.bytes);
  return {.block = target, .count = count, .is_plain = is_plain};
}

void ListNode::compress() {
  DUPLEX_DCHECK(!is_compressed);
  const std::string_view raw = is_plain ? plain_text() : pack().blob();
  resists = true;
  if (raw.size() < compressed_node_bytes_min) return;
  const std::size_t limit = raw.size() - compression_gain_min;
  const auto packed = std::make_unique_for_overwrite<char[]>(limit);
  const unsigned int size = lzf_compress(raw.data(),
                                         static_cast<unsigned int>(raw.size()),
                                         packed.get(),
                                         static_cast<unsigned int>(limit));
  if (size == 0) return;
  const CompressedHeader header{.bytes = static_cast<std::uint32_t>(raw.size()),
                                .packed_bytes = size};
  auto* target = static_cast<char*>(::operator new(sizeof header + size));
  std::memcpy(target, &header, sizeof header);
  std::memcpy(target + sizeof header, packed.get(), size);
  ::operator delete(block);
  block = target;
  is_compressed = true;
  resists = false;
}

std::string_view ListNode::plain_text() const {
  const auto* bytes = static_cast<const char*>(block);
  return {bytes + plain_header_bytes, listpack_element::load<std::size_t>(bytes)};
}

ListpackItem ListNode::item(ListEnd end) const {
  if (is_plain) return item_at(ListpackView::none);
  return item_at(end == ListEnd::front ? pack().first() : pack().last());
}

ListpackItem ListNode::item_at(std::size_t at) const {
  if (!is_plain) return pack().item(at);
  const std::string_view text = plain_text();
  return {.bytes = text.data(), .bytes_size = text.size(), .integer = 0};
}

}  // namespace duplex::store
