// Every error text that more than one command uses, once, with its code.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace duplex::commands::errors {

inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view wrong_type =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view not_an_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view not_a_float = "ERR value is not a valid float";
inline constexpr std::string_view out_of_range = "ERR value is out of range";
inline constexpr std::string_view index_out_of_range = "ERR index out of range";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view same_object = "ERR source and destination objects are the same";
inline constexpr std::string_view db_index_out_of_range = "ERR DB index is out of range";
inline constexpr std::string_view overflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view decrement_overflow = "ERR decrement would overflow";
inline constexpr std::string_view nan_or_infinity = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view string_too_long =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view no_auth = "NOAUTH Authentication required.";
inline constexpr std::string_view wrong_pass =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view loading = "LOADING Redis is loading the dataset in memory";
inline constexpr std::string_view out_of_memory =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view busy_script =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
inline constexpr std::string_view busy_function =
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
inline constexpr std::string_view exec_aborted =
    "EXECABORT Transaction discarded because of previous errors.";
inline constexpr std::string_view unterminated_number =
    "ERR value is out of range, must be positive";

// What an error text shows of a client's argument: up to the first NUL, and not more than this.
inline constexpr std::size_t shown_bytes_max = 128;
inline std::string_view shown(std::string_view argument, std::size_t bytes_max = shown_bytes_max) {
  return argument.substr(0, std::min(bytes_max, argument.find('\0')));
}

}  // namespace duplex::commands::errors
