// Ziplists, which files of Redis before 7.0 hold where later ones hold listpacks.
#include "rdb/ziplist.h"

#include "store/listpack_element.h"

#include <cstddef>
#include <cstdint>

namespace duplex::rdb {

namespace {

using store::listpack_element::byte_at;
using store::listpack_element::load;

//   total bytes (32 bits) | offset of the last entry (32) | entries (16, 65535: to be counted)
//   | entry … | FF
//
//   entry: size of the one before (1 byte, or FE and 4 bytes) | head | text
constexpr std::size_t header_bytes = 10;
constexpr unsigned end_mark = 0xff;
constexpr unsigned long_size_mark = 0xfe;
constexpr std::size_t count_unknown = 0xffff;

// Takes entries from the bytes between header and end.
class Entries {
 public:
  explicit Entries(std::string_view bytes) : bytes_(bytes) {}

  bool is_at_end() const { return at_ == bytes_.size(); }
  std::size_t offset() const { return at_; }

  // Appends the next entry; false if there is none. `before` is the size of the one before it.
  bool take(std::size_t before, store::Listpack& out) {
    return take_size_before(before) && take_value(out);
  }

 private:
  std::size_t left() const { return bytes_.size() - at_; }

  bool take_size_before(std::size_t before) {
    if (byte_at(bytes_.data() + at_) < long_size_mark)
      return byte_at(bytes_.data() + at_++) == before;
    if (left() < 5 || byte_at(bytes_.data() + at_) != long_size_mark) return false;
    const std::uint32_t size = load<std::uint32_t>(bytes_.data() + at_ + 1);
    at_ += 5;
    return size == before;
  }

  bool take_value(store::Listpack& out) {
    if (left() < 1) return false;
    const unsigned head = byte_at(bytes_.data() + at_++);
    switch (head >> 6) {
      case 0:
        return take_text(head & 0x3fu, out);
      case 1:
        if (left() < 1) return false;
        return take_text((head & 0x3fu) << 8 | byte_at(bytes_.data() + at_++), out);
      case 2:
        if (head != 0x80 || left() < 4) return false;
        at_ += 4;
        return take_text(__builtin_bswap32(load<std::uint32_t>(bytes_.data() + at_ - 4)), out);
      default:
        return take_integer(head, out);
    }
  }

  bool take_text(std::size_t size, store::Listpack& out) {
    if (left() < size) return false;
    out.append(bytes_.substr(at_, size));
    at_ += size;
    return true;
  }

  bool take_integer(unsigned head, store::Listpack& out) {
    if (head >= 0xf1 && head <= 0xfd) {
      out.append(std::int64_t{head} - 0xf1);
      return true;
    }
    const std::size_t size = integer_bytes(head);
    if (size == 0 || left() < size) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i)
      bits |= std::uint64_t{byte_at(bytes_.data() + at_ + i)} << (8 * i);
    at_ += size;
    const auto unused = static_cast<int>(64 - 8 * size);
    out.append(static_cast<std::int64_t>(bits << unused) >> unused);
    return true;
  }

  static std::size_t integer_bytes(unsigned head) {
    switch (head) {
      case 0xfe:
        return 1;
      case 0xc0:
        return 2;
      case 0xf0:
        return 3;
      case 0xd0:
        return 4;
      case 0xe0:
        return 8;
      default:
        return 0;
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<store::Listpack> listpack_from_ziplist(std::string_view bytes) {
  if (bytes.size() <= header_bytes || load<std::uint32_t>(bytes.data()) != bytes.size() ||
      byte_at(&bytes.back()) != end_mark)
    return std::nullopt;
  Entries entries(bytes.substr(header_bytes, bytes.size() - header_bytes - 1));
  store::Listpack pack;
  std::size_t count = 0;
  std::size_t start = 0;
  std::size_t size_before = 0;
  while (!entries.is_at_end()) {
    start = entries.offset();
    if (!entries.take(size_before, pack)) return std::nullopt;
    size_before = entries.offset() - start;
    ++count;
  }
  if (load<std::uint32_t>(bytes.data() + 4) != header_bytes + start) return std::nullopt;
  const std::size_t told = load<std::uint16_t>(bytes.data() + 8);
  if (told != count_unknown && told != count) return std::nullopt;
  return pack;
}

}  // namespace duplex::rdb
