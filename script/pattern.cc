// Lua's patterns, matched so that a script can be stopped while one is.
#include "script/pattern.h"

#include "base/text.h"
#include "script/interpreter.h"

#include <cctype>

namespace duplex::script {

namespace {

constexpr char escape = '%';
// How many steps pass between two looks at the clock.
constexpr unsigned steps_per_look = 20'000;

unsigned char byte(char c) {
  return static_cast<unsigned char>(c);
}

// %a and its kin; another letter stands for itself.
bool class_matches(char c, char name) {
  const int b = byte(c);
  bool matches = false;
  switch (base::lower(name)) {
    case 'a':
      matches = std::isalpha(b) != 0;
      break;
    case 'c':
      matches = std::iscntrl(b) != 0;
      break;
    case 'd':
      matches = std::isdigit(b) != 0;
      break;
    case 'l':
      matches = std::islower(b) != 0;
      break;
    case 'p':
      matches = std::ispunct(b) != 0;
      break;
    case 's':
      matches = std::isspace(b) != 0;
      break;
    case 'u':
      matches = std::isupper(b) != 0;
      break;
    case 'w':
      matches = std::isalnum(b) != 0;
      break;
    case 'x':
      matches = std::isxdigit(b) != 0;
      break;
    case 'z':
      matches = b == 0;
      break;
    default:
      return name == c;
  }
  return matches != (name >= 'A' && name <= 'Z');
}

}  // namespace

Pattern::Pattern(lua_State* lua, std::string_view text, std::string_view pattern)
    : lua_(lua), text_(text), pattern_(pattern.substr(0, pattern.find('\0'))) {}

void Pattern::count_step() {
  if (++steps_ < steps_per_look) [[likely]]
    return;
  steps_ = 0;
  Interpreter::look(lua_);
}

std::size_t Pattern::match(std::size_t at) {
  level_ = 0;
  return match(at, 0);
}

// Goes on in a loop as long as there is only one way to go on; recursion is as deep as the pattern
// has items at most.
std::size_t Pattern::match(std::size_t at, std::size_t item) {
  while (item < pattern_.size()) {
    count_step();
    switch (pattern_[item]) {
      case '(':
        if (pattern_at(item + 1) == ')') return open_capture(at, item + 2, CaptureState::position);
        return open_capture(at, item + 1, CaptureState::open);
      case ')':
        return close_capture(at, item + 1);
      case '$':
        if (item + 1 == pattern_.size()) return at == text_.size() ? at : no_match;
        break;
      case escape: {
        const char next = pattern_at(item + 1);
        if (next != 'b' && next != 'f' && std::isdigit(byte(next)) == 0) break;
        at = match_escaped(at, item);
        if (at == no_match) return no_match;
        continue;
      }
      default:
        break;
    }
    const std::size_t end = item_end(item);
    const bool matches = item_matches(at, item, end);
    switch (pattern_at(end)) {
      case '?':
        if (matches)
          if (const std::size_t found = match(at + 1, end + 1); found != no_match) return found;
        item = end + 1;
        break;
      case '*':
        return match_longest(at, item, end);
      case '+':
        return matches ? match_longest(at + 1, item, end) : no_match;
      case '-':
        return match_shortest(at, item, end);
      default:
        if (!matches) return no_match;
        ++at;
        item = end;
    }
  }
  return at;
}

std::size_t Pattern::item_end(std::size_t item) const {
  const char first = pattern_[item++];
  if (first == escape) {
    if (item >= pattern_.size()) luaL_error(lua_, "malformed pattern (ends with '%%')");
    return item + 1;
  }
  if (first != '[') return item;
  if (pattern_at(item) == '^') ++item;
  // A bracket that comes first is a member of the set.
  do {
    if (item >= pattern_.size()) luaL_error(lua_, "malformed pattern (missing ']')");
    if (pattern_[item++] == escape && item < pattern_.size()) ++item;
  } while (pattern_at(item) != ']');
  return item + 1;
}

bool Pattern::item_matches(std::size_t at, std::size_t item, std::size_t end) const {
  if (at >= text_.size()) return false;
  switch (pattern_[item]) {
    case '.':
      return true;
    case escape:
      return class_matches(text_[at], pattern_[item + 1]);
    case '[':
      return set_matches(text_[at], item, end - 1);
    default:
      return pattern_[item] == text_[at];
  }
}

// The set from its `[` to its `]`, which is at `last`.
bool Pattern::set_matches(char c, std::size_t set, std::size_t last) const {
  std::size_t at = set + 1;
  const bool negated = pattern_[at] == '^';
  if (negated) ++at;
  for (; at < last; ++at) {
    if (pattern_[at] == escape) {
      ++at;
      if (class_matches(c, pattern_[at])) return !negated;
    } else if (pattern_[at + 1] == '-' && at + 2 < last) {
      if (byte(pattern_[at]) <= byte(c) && byte(c) <= byte(pattern_[at + 2])) return !negated;
      at += 2;
    } else if (pattern_[at] == c) {
      return !negated;
    }
  }
  return negated;
}

std::size_t Pattern::match_longest(std::size_t at, std::size_t item, std::size_t end) {
  std::size_t count = 0;
  while (item_matches(at + count, item, end)) {
    ++count;
    count_step();
  }
  while (true) {
    if (const std::size_t found = match(at + count, end + 1); found != no_match) return found;
    if (count == 0) return no_match;
    --count;
    count_step();
  }
}

std::size_t Pattern::match_shortest(std::size_t at, std::size_t item, std::size_t end) {
  while (true) {
    if (const std::size_t found = match(at, end + 1); found != no_match) return found;
    if (!item_matches(at, item, end)) return no_match;
    ++at;
    count_step();
  }
}

// %b, %f and %1; leaves `item` behind it.
std::size_t Pattern::match_escaped(std::size_t at, std::size_t& item) {
  const char kind = pattern_[item + 1];
  item += 2;
  if (kind == 'b') {
    const std::size_t found = match_balanced(at, item);
    item += 2;
    return found;
  }
  if (kind != 'f') return match_captured(at, kind);
  if (pattern_at(item) != '[') luaL_error(lua_, "missing '[' after '%%f' in pattern");
  const std::size_t end = item_end(item);
  const bool found = is_frontier(at, item, end);
  item = end;
  return found ? at : no_match;
}

bool Pattern::is_frontier(std::size_t at, std::size_t set, std::size_t end) const {
  const char before = at == 0 ? '\0' : text_[at - 1];
  return !set_matches(before, set, end - 1) && set_matches(text_at(at), set, end - 1);
}

std::size_t Pattern::match_balanced(std::size_t at, std::size_t item) {
  if (item + 1 >= pattern_.size()) luaL_error(lua_, "unbalanced pattern");
  const char opening = pattern_[item];
  const char closing = pattern_[item + 1];
  if (at >= text_.size() || text_[at] != opening) return no_match;
  std::size_t open = 1;
  while (++at < text_.size()) {
    count_step();
    if (text_[at] == closing) {
      if (--open == 0) return at + 1;
    } else if (text_[at] == opening) {
      ++open;
    }
  }
  return no_match;
}

std::size_t Pattern::match_captured(std::size_t at, char digit) {
  const std::size_t index = static_cast<std::size_t>(digit - '1');
  if (digit == '0' || index >= level_ || captures_[index].state == CaptureState::open)
    luaL_error(lua_, "invalid capture index");
  const Capture& capture = captures_[index];
  if (capture.state == CaptureState::position || text_.size() - at < capture.size) return no_match;
  const bool same = text_.substr(at, capture.size) == text_.substr(capture.begin, capture.size);
  return same ? at + capture.size : no_match;
}

std::size_t Pattern::open_capture(std::size_t at, std::size_t item, CaptureState state) {
  if (level_ >= captures_max) luaL_error(lua_, "too many captures");
  captures_[level_++] = {.begin = at, .size = 0, .state = state};
  const std::size_t found = match(at, item);
  if (found == no_match) --level_;
  return found;
}

std::size_t Pattern::close_capture(std::size_t at, std::size_t item) {
  std::size_t level = level_;
  while (level > 0 && captures_[level - 1].state != CaptureState::open)
    --level;
  if (level == 0) luaL_error(lua_, "invalid pattern capture");
  Capture& capture = captures_[level - 1];
  capture.size = at - capture.begin;
  capture.state = CaptureState::text;
  const std::size_t found = match(at, item);
  if (found == no_match) capture.state = CaptureState::open;
  return found;
}

void Pattern::push_capture(std::size_t index, std::size_t begin, std::size_t end) {
  if (index >= level_) {
    if (index != 0) luaL_error(lua_, "invalid capture index");
    lua_pushlstring(lua_, text_.data() + begin, end - begin);
    return;
  }
  const Capture& capture = captures_[index];
  switch (capture.state) {
    case CaptureState::open:
      luaL_error(lua_, "unfinished capture");
      break;
    case CaptureState::position:
      lua_pushinteger(lua_, static_cast<lua_Integer>(capture.begin + 1));
      break;
    case CaptureState::text:
      lua_pushlstring(lua_, text_.data() + capture.begin, capture.size);
      break;
  }
}

int Pattern::push_captures(std::size_t begin, std::size_t end, bool or_whole) {
  const std::size_t count = level_ == 0 && or_whole ? 1 : level_;
  luaL_checkstack(lua_, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i)
    push_capture(i, begin, end);
  return static_cast<int>(count);
}

}  // namespace duplex::script
