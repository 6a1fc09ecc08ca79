// Splits a line into arguments as redis-cli, redis.conf and inline requests write them.
#include "resp/inline_arguments.h"

#include <cstddef>

namespace duplex::resp {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
}

// Redis ends a word at fewer characters than it skips between words.
bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads to the closing quote, `at` standing behind the opening one. False if there is none.
bool read_double_quoted(std::string_view line, std::size_t& at, std::string& out) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') {
      ++at;
      return true;
    }
    if (c == '\\' && at + 3 < line.size() && line[at + 1] == 'x' && hex_digit(line[at + 2]) >= 0 &&
        hex_digit(line[at + 3]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
      at += 4;
    } else if (c == '\\' && at + 1 < line.size()) {
      out.push_back(escaped(line[at + 1]));
      at += 2;
    } else {
      out.push_back(c);
      ++at;
    }
  }
  return false;
}

bool read_single_quoted(std::string_view line, std::size_t& at, std::string& out) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '\'') {
      ++at;
      return true;
    }
    if (c == '\\' && at + 1 < line.size() && line[at + 1] == '\'') {
      out.push_back('\'');
      at += 2;
    } else {
      out.push_back(c);
      ++at;
    }
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_inline_arguments(std::string_view line) {
  std::vector<std::string> arguments;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at]))
      ++at;
    if (at == line.size()) return arguments;
    std::string& argument = arguments.emplace_back();
    while (at < line.size() && !ends_word(line[at])) {
      const char c = line[at];
      if (c != '"' && c != '\'') {
        argument.push_back(c);
        ++at;
        continue;
      }
      ++at;
      const bool closed = c == '"' ? read_double_quoted(line, at, argument)
                                   : read_single_quoted(line, at, argument);
      if (!closed) return std::nullopt;
      if (at < line.size() && !is_blank(line[at])) return std::nullopt;
      break;
    }
  }
}

}  // namespace duplex::resp
