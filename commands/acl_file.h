// ACL files: a line "user <name> <rules>" for each user.
#pragma once

#include "commands/acl.h"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands::acl {

// A longer file is refused.
inline constexpr std::size_t acl_file_bytes_max = std::size_t{16} << 20;

// The users that the lines of `text` make; `file` is the name that the errors carry. The error is
// everything that is wrong with the lines, in one line of text.
std::expected<std::vector<User>, std::string> read_users(std::string_view text,
                                                         std::string_view file,
                                                         const RuleContext& context);

// The text that makes these users.
std::string write_users(const std::vector<UserPtr>& users);

}  // namespace duplex::commands::acl
