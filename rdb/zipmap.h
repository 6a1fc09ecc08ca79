// Zipmaps, which files of Redis 2.4 and before hold where later ones hold listpacks.
#pragma once

#include "store/listpack.h"

#include <optional>
#include <string_view>

namespace duplex::rdb {

// The fields and values as a listpack; nothing if the untrusted bytes are not a zipmap, whole and
// with nothing behind it.
std::optional<store::Listpack> listpack_from_zipmap(std::string_view bytes);

}  // namespace duplex::rdb
