// The walk over RESP.
#include "bench/load/reply_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace duplex::load {

std::uint64_t ReplyScanner::feed(std::string_view bytes) {
  const std::uint64_t before = tally_.replies;
  while (!bytes.empty() && !broken_) {
    if (body_bytes_ > 0) {
      const auto skipped = std::min<std::uint64_t>(body_bytes_, bytes.size());
      bytes.remove_prefix(skipped);
      body_bytes_ -= skipped;
      if (body_bytes_ == 0) finish_element();
      continue;
    }
    const auto* newline = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
    const auto length =
        newline == nullptr ? bytes.size() : static_cast<std::size_t>(newline - bytes.data()) + 1;
    const std::string_view piece = bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (newline != nullptr && line_.empty()) {
      take_line(piece);
      continue;
    }
    line_.append(piece.substr(0, line_bytes_max - std::min(line_.size(), line_bytes_max)));
    if (newline == nullptr) continue;
    if (line_.back() != '\n') line_.back() = '\n';
    take_line(line_);
    line_.clear();
  }
  return tally_.replies - before;
}

void ReplyScanner::take_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
    line.remove_suffix(1);
  if (line.empty()) {
    broken_ = true;
    return;
  }
  const std::string_view rest = line.substr(1);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  switch (line.front()) {
    case '-':
      if (!inside_aggregate_) {
        if (tally_.errors++ == 0) tally_.first_error = rest;
      }
      return finish_element();
    case ':':
      if (!inside_aggregate_) tally_.integers += number;
      return finish_element();
    case '_':
      ++tally_.nulls;
      return finish_element();
    case '+':
    case '#':
    case ',':
    case '(':
      return finish_element();
    case '$':
    case '=':
    case '!':
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
      if (parsed.ec != std::errc{}) broken_ = true;
      return take_length(line.front(), number);
    default:
      broken_ = true;
  }
}

void ReplyScanner::take_length(char type, std::int64_t length) {
  if (broken_) return;
  if (length < 0) {
    ++tally_.nulls;
    return finish_element();
  }
  const auto count = static_cast<std::uint64_t>(length);
  if (type == '$' || type == '=' || type == '!') {
    body_bytes_ = count + 2;
    return;
  }
  const bool is_map = type == '%' || type == '|';
  inside_aggregate_ = true;
  elements_wanted_ += is_map ? 2 * count : count;
  // Attributes stand before a reply, they are none.
  if (type == '|') ++elements_wanted_;
  finish_element();
}

void ReplyScanner::finish_element() {
  if (--elements_wanted_ > 0) return;
  elements_wanted_ = 1;
  inside_aggregate_ = false;
  ++tally_.replies;
}

}  // namespace duplex::load
