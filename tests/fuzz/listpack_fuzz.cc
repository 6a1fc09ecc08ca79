// Fuzz target: bytes that claim to be a listpack. What is accepted can be walked both ways and
// changed anywhere, and stays valid.
#include "base/assert.h"
#include "base/numbers.h"
#include "store/listpack.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace duplex;

namespace {

constexpr std::size_t none = store::ListpackView::none;

std::string text_at(const store::ListpackView& pack, std::size_t at) {
  char scratch[base::int64_digits_max];
  return std::string(pack.get(at, scratch));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (!store::ListpackView::is_valid(bytes)) return 0;
  store::Listpack pack = store::Listpack::from_bytes(bytes);
  std::vector<std::string> texts;
  for (std::size_t at = pack.first(); at != none; at = pack.next(at))
    texts.push_back(text_at(pack, at));
  DUPLEX_ASSERT(texts.size() == pack.size());
  std::size_t left = texts.size();
  for (std::size_t at = pack.last(); at != none; at = pack.previous(at))
    DUPLEX_ASSERT(text_at(pack, at) == texts[--left]);
  DUPLEX_ASSERT(left == 0);
  if (texts.empty()) return 0;

  const std::string text = texts[texts.size() / 2];
  const std::size_t found = pack.find(text, pack.first());
  DUPLEX_ASSERT(found != none && text_at(pack, found) == text);
  pack.insert_before(found, "123456");
  pack.replace(pack.last(), std::string(200, 'x'));
  pack.prepend("");
  pack.erase(pack.at(1));
  DUPLEX_ASSERT(store::ListpackView::is_valid(pack.blob()));
  DUPLEX_ASSERT(pack.size() == texts.size() + 1);
  return 0;
}
