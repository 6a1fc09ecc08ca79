// count | (size of field | field | size of value | spare bytes | value | spare …) … | FF
#include "rdb/zipmap.h"

#include "store/listpack_element.h"

#include <cstddef>
#include <cstdint>

namespace duplex::rdb {

namespace {

constexpr unsigned end_mark = 0xff;
constexpr unsigned long_size_mark = 0xfe;
// From here on the number of pairs is not told.
constexpr unsigned count_unknown = 254;

using store::listpack_element::byte_at;

// Takes a size from the front; nothing if there is none.
std::optional<std::size_t> take_size(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const unsigned head = byte_at(bytes.data());
  bytes.remove_prefix(1);
  if (head < long_size_mark) return head;
  if (head != long_size_mark || bytes.size() < sizeof(std::uint32_t)) return std::nullopt;
  const auto size = store::listpack_element::load<std::uint32_t>(bytes.data());
  bytes.remove_prefix(sizeof size);
  return size;
}

std::optional<std::string_view> take(std::string_view& bytes, std::size_t size) {
  if (size > bytes.size()) return std::nullopt;
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

}  // namespace

std::optional<store::Listpack> listpack_from_zipmap(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const unsigned told = byte_at(bytes.data());
  bytes.remove_prefix(1);
  store::Listpack pack;
  std::size_t pairs = 0;
  while (!bytes.empty() && byte_at(bytes.data()) != end_mark) {
    const auto field_size = take_size(bytes);
    if (!field_size) return std::nullopt;
    const auto field = take(bytes, *field_size);
    if (!field) return std::nullopt;
    const auto value_size = take_size(bytes);
    if (!value_size) return std::nullopt;
    const auto spare = take(bytes, 1);
    if (!spare) return std::nullopt;
    const auto value = take(bytes, *value_size);
    if (!value || !take(bytes, byte_at(spare->data()))) return std::nullopt;
    if (pack.bytes() + field->size() + value->size() > store::Listpack::bytes_max)
      return std::nullopt;
    pack.append(*field);
    pack.append(*value);
    ++pairs;
  }
  if (bytes.size() != 1 || (told < count_unknown && told != pairs)) return std::nullopt;
  return pack;
}

}  // namespace duplex::rdb
