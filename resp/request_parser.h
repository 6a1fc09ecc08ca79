// Bytes in, argument lists out: the request side of RESP, multibulk and inline.
#pragma once

#include "resp/limits.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::resp {

// Reads one request after the other from bytes that its owner keeps contiguous.
//
// Call next() with everything from the first byte of a request on. `incomplete` remembers how far
// it came, so that a large request that arrives in pieces is not read twice: the next call must
// get the same bytes again, at any address, with more behind them. After `error` the connection
// has to be closed.
// Thread: confined to its session.
class RequestParser {
 public:
  enum class Status : std::uint8_t { complete, incomplete, error };

  // What the server's configuration and the client's state allow.
  struct Limits {
    std::int64_t bulk_bytes = bulk_bytes_max;
    bool authenticated = true;
  };

  // On `complete`, the arguments were appended to `arguments` (none for an empty request) and
  // consumed() says how many bytes the request took. The views point into `input`, or, for an
  // inline request, into the parser: valid until the next call (see is_inline()).
  Status next(std::string_view input,
              const Limits& limits,
              std::vector<std::string_view>& arguments);

  // Forgets an incomplete request: the next call begins with a first byte again.
  void restart();

  std::size_t consumed() const { return consumed_; }
  // True if the last complete request was an inline one.
  bool is_inline() const { return inline_; }
  // The text behind "-ERR Protocol error: ". Valid until the next call.
  std::string_view error() const { return error_; }
  // How many bytes the argument that is being read still lacks, for sizing the buffer; 0 if
  // unknown.
  std::size_t bytes_missing() const { return bytes_missing_; }

 private:
  struct Span {
    std::size_t offset;
    std::size_t size;
  };

  Status next_inline(std::string_view input, std::vector<std::string_view>& arguments);
  Status read_count(std::string_view input, const Limits& limits);
  Status read_bulk_header(std::string_view input, const Limits& limits);
  Status fail(std::string_view text);
  Status suspend(std::string_view input,
                 std::vector<std::string_view>& arguments,
                 std::size_t first_argument);

  // Where the request that is being read stands; all zero between requests.
  std::size_t at_ = 0;
  std::int64_t arguments_left_ = 0;
  std::int64_t bulk_bytes_ = -1;  // -1: the header of the next argument is still to come
  std::vector<Span> suspended_;

  std::size_t consumed_ = 0;
  std::size_t bytes_missing_ = 0;
  bool inline_ = false;
  std::string error_;
  std::vector<std::string> inline_arguments_;
};

}  // namespace duplex::resp
