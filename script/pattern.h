// Lua's patterns, matched so that a script can be stopped while one is.
#pragma once

#include "script/lua.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace duplex::script {

// One pattern over one text. Matching goes back over its steps, and may need more of them than
// anybody can wait for: from time to time it looks whether the script has to pause or to stop.
//
// Errors are raised in Lua: nothing that has a destructor may be alive then. Thread: confined to
// the script. Lifetime: text and pattern outlive it.
class Pattern {
 public:
  static constexpr std::size_t captures_max = 32;
  static constexpr std::size_t no_match = std::string_view::npos;

  // A pattern ends at its first zero byte, as it does in Lua 5.1.
  Pattern(lua_State* lua, std::string_view text, std::string_view pattern);

  // Where a match that begins at `at` ends, or no_match. Requires: at <= text.size().
  std::size_t match(std::size_t at);

  // --- after a match ---
  // Pushes a capture: the first is the whole match if the pattern has none. A match is the text
  // from `begin` to `end`.
  void push_capture(std::size_t index, std::size_t begin, std::size_t end);
  // Pushes all; without any, the whole match if `or_whole`. Returns how many.
  int push_captures(std::size_t begin, std::size_t end, bool or_whole);

 private:
  enum class CaptureState : unsigned char { open, text, position };
  struct Capture {
    std::size_t begin;
    std::size_t size;
    CaptureState state;
  };

  // The pattern's byte at `at`; 0 behind its end.
  char pattern_at(std::size_t at) const { return at < pattern_.size() ? pattern_[at] : '\0'; }
  // The text's byte; 0 behind its end, where Lua has one.
  char text_at(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  std::size_t match(std::size_t at, std::size_t item);
  // Behind the single item (a character, a class or a set) that begins at `item`.
  std::size_t item_end(std::size_t item) const;
  bool item_matches(std::size_t at, std::size_t item, std::size_t end) const;
  bool set_matches(char c, std::size_t set, std::size_t last) const;
  std::size_t match_longest(std::size_t at, std::size_t item, std::size_t end);
  std::size_t match_shortest(std::size_t at, std::size_t item, std::size_t end);
  std::size_t match_escaped(std::size_t at, std::size_t& item);
  std::size_t match_balanced(std::size_t at, std::size_t item);
  bool is_frontier(std::size_t at, std::size_t set, std::size_t end) const;
  std::size_t match_captured(std::size_t at, char digit);
  std::size_t open_capture(std::size_t at, std::size_t item, CaptureState state);
  std::size_t close_capture(std::size_t at, std::size_t item);
  void count_step();

  lua_State* lua_;
  std::string_view text_;
  std::string_view pattern_;
  std::size_t level_ = 0;
  unsigned steps_ = 0;
  std::array<Capture, captures_max> captures_;
};

}  // namespace duplex::script
