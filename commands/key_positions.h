// Where the keys of a request stand, found by its command's key specifications.
#pragma once

#include "commands/command_spec.h"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::commands {

struct KeyPosition {
  std::size_t index;
  KeyFlag flags;
};

// Appends the positions in the order of the specifications. Positions that the arguments do not
// reach are left out; returns false if a count of keys is not a number or does not fit.
bool find_keys(const CommandSpec& spec, Args args, std::vector<KeyPosition>& positions);

// How these arguments use a key, where that depends on them: SET reads only if it is asked to, and
// BITFIELD may do nothing else. `args` begin with the command's name.
KeyFlag actual_key_flags(const CommandSpec& spec, KeyFlag flags, Args args);

}  // namespace duplex::commands
