// A publication as a JSON object, for pushes and for replies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::ws {

// {"data":…,"offset":…,"info":…,"tags":…}; docs/ws_protocol.md says what becomes of data that is
// not JSON.
struct PublicationView {
  std::string_view data;
  std::uint64_t offset = 0;  // 0: it has none
  std::string_view info{};   // JSON, or empty
  std::string_view tags{};   // JSON, or empty
};
void append_publication(std::string& out, const PublicationView& publication);

// {"push":{"channel":…, in front of what is pushed; it ends with "}}".
void append_push_head(std::string& out, std::string_view channel);

}  // namespace duplex::ws
