// What SORT and SORT_RO are asked for.
#pragma once

#include "commands/command_spec.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// "weight_*", "user_*->name": what BY and GET make the name of a key of. As in Redis, bytes behind
// a NUL are not searched for the star and the arrow.
struct SortPattern {
  std::string_view text;
  std::size_t star = std::string_view::npos;
  std::size_t arrow = std::string_view::npos;  // npos: the value is a string, not a field's

  explicit SortPattern(std::string_view pattern) : text(pattern) {
    const std::string_view searched = pattern.substr(0, pattern.find('\0'));
    star = searched.find('*');
    if (star == std::string_view::npos) return;
    const std::size_t at = searched.find("->", star + 1);
    if (at != std::string_view::npos && at + 2 < searched.size()) arrow = at;
  }

  // "#": the element itself.
  bool is_element() const { return text == "#"; }
  // Without a star it names no key.
  bool looks_up() const { return star != std::string_view::npos; }
  bool has_field() const { return arrow != std::string_view::npos; }
  std::string_view field() const { return text.substr(arrow + 2); }
  std::string key_for(std::string_view element) const {
    std::string key(text.substr(0, star));
    key += element;
    key += text.substr(star + 1, has_field() ? arrow - star - 1 : std::string_view::npos);
    return key;
  }
};

struct SortOptions {
  bool descending = false;
  bool alpha = false;
  bool sorts = true;  // false: BY a pattern without a star
  std::optional<SortPattern> by;
  std::vector<SortPattern> gets;
  // The first option that may lead to other keys than the arguments': 'B' for BY, 'G' for GET.
  char first_foreign = 0;
  std::size_t limit_at = 0;  // where LIMIT's numbers are; 0: there is none
  std::size_t store_at = 0;  // where the key to store to is; 0: there is none
  bool is_valid = true;
};

// Reads the words behind the key; the numbers of LIMIT are left to the handler. Views into `args`.
SortOptions read_sort_options(Args args, bool may_store);

}  // namespace duplex::commands
