// The arguments of a command as a tree, read from the one line that its declaration has for them.
#pragma once

#include "commands/command_spec.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

enum class ArgumentType : std::uint8_t {
  string,
  integer,
  real,
  key,
  pattern,
  unix_time,
  pure_token,
  one_of,
  block,
};

// The name that COMMAND DOCS has for a type: "unix-time", "oneof" …
std::string_view type_name(ArgumentType type);

struct Argument {
  std::string name;
  ArgumentType type = ArgumentType::string;
  std::string token;  // the word in front of the value, or the whole of a pure token
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;      // the token is repeated as well
  int key_spec = -1;                // of a key: which of the command's key specifications finds it
  std::vector<Argument> arguments;  // of a oneof or a block
};

// Reads a syntax line:
//
//   key            a value; its type follows from its name
//   NX             a word to be written as it is
//   EX seconds     a word and its value; with several values, a block
//   [x]  <x|y>     what may be left out; one of several
//   [x|y]          one of several, or none
//   x y [x y ...]  what may be repeated; a repeated word is written again each time
//   [TYPE a|b|c]   a word before a choice between words
//
// Requires: brackets are balanced (a test reads the lines of all commands).
std::vector<Argument> parse_syntax(const CommandSpec& spec);

}  // namespace duplex::commands
