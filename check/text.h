// How a report shows bytes and numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace duplex::check {

// At most `bytes_max` bytes, what is not printable as \xHH.
std::string printable(std::string_view bytes, std::size_t bytes_max = 64);

// "1 key", "2 keys"
std::string counted(std::uint64_t count, std::string_view noun);

// A command with its first arguments, on one line.
std::string shown_command(std::span<const std::string_view> args);

// "SET 5, DEL 2": the most frequent first, the last ones summed up.
std::string shown_counts(const std::map<std::string, std::uint64_t>& counts);

}  // namespace duplex::check
