// Counts the replies in a RESP byte stream without building them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::load {

// Walks RESP2 and RESP3 in pieces of any size. A push counts like a reply, and an aggregate counts
// once, with all that is in it.
// Thread:    confined to its owner.
// Invariant: between two calls of feed() at most one line is held back, without its end.
class ReplyScanner {
 public:
  struct Tally {
    std::uint64_t replies = 0;
    std::uint64_t errors = 0;  // top-level error replies
    std::uint64_t nulls = 0;
    std::int64_t integers = 0;  // the sum of the top-level integer replies
    std::string first_error;
  };

  // Returns how many replies were completed by `bytes`; nothing more is counted once broken.
  std::uint64_t feed(std::string_view bytes);

  const Tally& tally() const { return tally_; }
  // The stream holds something that is not RESP.
  bool is_broken() const { return broken_; }

 private:
  // Lines only carry a type and a number, or an error worth showing: longer ones are cut.
  static constexpr std::size_t line_bytes_max = 256;

  void take_line(std::string_view line);
  void take_length(char type, std::int64_t length);
  void finish_element();

  Tally tally_;
  std::string line_;                   // the start of a line whose end has not come
  std::uint64_t body_bytes_ = 0;       // of a bulk string, still to be skipped
  std::uint64_t elements_wanted_ = 1;  // of the reply at hand; 1: between replies
  bool inside_aggregate_ = false;
  bool broken_ = false;
};

}  // namespace duplex::load
