// Ziplists, which files of Redis before 7.0 hold where later ones hold listpacks.
#pragma once

#include "store/listpack.h"

#include <optional>
#include <string_view>

namespace duplex::rdb {

// The same elements as a listpack; nothing if the untrusted bytes are not a ziplist, whole and with
// nothing behind it.
std::optional<store::Listpack> listpack_from_ziplist(std::string_view bytes);

}  // namespace duplex::rdb
