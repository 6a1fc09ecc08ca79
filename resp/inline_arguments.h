// Splits a line into arguments as redis-cli, redis.conf and inline requests write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::resp {

// Arguments are separated by blanks; "double quotes" know \n \r \t \b \a \xHH \" \\, 'single
// quotes' know \'. Returns nothing if a quote stays open or something follows a closing quote
// directly.
std::optional<std::vector<std::string>> split_inline_arguments(std::string_view line);

}  // namespace duplex::resp
