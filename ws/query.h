// What is written into an address: escapes, and the names and values of a query.
#pragma once

#include "ws/http_message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// "a%20b" as it was meant; nothing if an escape is broken. Pluses stay what they are.
std::optional<std::string> percent_decoded(std::string_view text);

// All values of that name in the query, in order: "a", "b" of ?ch=a&ch=b. Those with broken escapes
// are left out.
std::vector<std::string> query_values(const HttpRequest& request, std::string_view name);

}  // namespace duplex::ws
