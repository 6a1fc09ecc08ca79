// Bytes in, argument lists out: the request side of RESP, multibulk and inline.
#include "resp/request_parser.h"

#include "base/numbers.h"
#include "resp/inline_arguments.h"

#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace duplex::resp {

namespace {

// The line that starts at `at`, without its CR LF; nothing if its end has not arrived. Like Redis,
// the reader trusts that LF follows CR.
std::optional<std::string_view> line_at(std::string_view input, std::size_t at) {
  if (at >= input.size()) return std::nullopt;
  const void* found = std::memchr(input.data() + at, '\r', input.size() - at);
  if (found == nullptr) return std::nullopt;
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  if (end + 1 >= input.size()) return std::nullopt;
  return input.substr(at, end - at);
}

// Lengths are short: this reads up to 18 digits without the general parser.
std::optional<std::int64_t> read_length(std::string_view digits) {
  if (digits.empty() || digits.size() > 18 || digits[0] == '-' || digits[0] == '0')
    return base::parse_int64(digits);
  std::int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// A length of one or two digits, as nearly all are, with the end of its line.
struct ShortLength {
  unsigned value = 0;
  unsigned bytes = 0;  // 0: something else stands there, or not all of it has arrived
};

ShortLength read_short_length(std::string_view text) {
  if (text.size() < 4) return {};
  const auto digit = [&](std::size_t at) { return static_cast<unsigned>(text[at]) - '0'; };
  if (digit(0) - 1 > 8) return {};
  if (text[1] == '\r') return {.value = digit(0), .bytes = 3};
  if (digit(1) > 9 || text[2] != '\r') return {};
  return {.value = digit(0) * 10 + digit(1), .bytes = 4};
}

}  // namespace

RequestParser::Status RequestParser::next(std::string_view input,
                                          const Limits& limits,
                                          std::vector<std::string_view>& arguments) {
  consumed_ = 0;
  bytes_missing_ = 0;
  inline_ = false;
  if (input.empty()) return Status::incomplete;
  const std::size_t first_argument = arguments.size();
  if (at_ == 0) {
    if (input[0] != '*') return next_inline(input, arguments);
    if (const Status status = read_count(input, limits); status != Status::complete) return status;
  } else {
    for (const Span& span : suspended_)
      arguments.push_back(input.substr(span.offset, span.size));
    suspended_.clear();
  }
  while (arguments_left_ > 0) {
    if (bulk_bytes_ < 0) {
      const Status status = read_bulk_header(input, limits);
      if (status == Status::error) return status;
      if (status == Status::incomplete) return suspend(input, arguments, first_argument);
    }
    const auto bytes = static_cast<std::size_t>(bulk_bytes_);
    if (input.size() - at_ < bytes + 2) {
      bytes_missing_ = bytes + 2 - (input.size() - at_);
      return suspend(input, arguments, first_argument);
    }
    arguments.push_back(input.substr(at_, bytes));
    at_ += bytes + 2;
    bulk_bytes_ = -1;
    --arguments_left_;
  }
  consumed_ = std::exchange(at_, 0);
  return Status::complete;
}

void RequestParser::restart() {
  at_ = 0;
  suspended_.clear();
}

RequestParser::Status RequestParser::read_count(std::string_view input, const Limits& limits) {
  if (const ShortLength length = read_short_length(input.substr(1));
      length.bytes != 0 && limits.authenticated) [[likely]] {
    at_ = 1 + length.bytes;
    arguments_left_ = length.value;
    bulk_bytes_ = -1;
    return Status::complete;
  }
  const auto line = line_at(input, 1);
  if (!line) {
    if (input.size() > inline_bytes_max) return fail("too big mbulk count string");
    return Status::incomplete;
  }
  const auto count = read_length(*line);
  if (!count || *count > multibulk_count_max) return fail("invalid multibulk length");
  if (!limits.authenticated && *count > unauthenticated_multibulk_count_max)
    return fail("unauthenticated multibulk length");
  at_ = line->size() + 3;
  arguments_left_ = *count > 0 ? *count : 0;
  bulk_bytes_ = -1;
  return Status::complete;
}

RequestParser::Status RequestParser::read_bulk_header(std::string_view input,
                                                      const Limits& limits) {
  if (at_ < input.size() && input[at_] == '$') [[likely]] {
    const ShortLength length = read_short_length(input.substr(at_ + 1));
    if (length.bytes != 0 && length.value <= limits.bulk_bytes) [[likely]] {
      bulk_bytes_ = length.value;
      at_ += 1 + length.bytes;
      return Status::complete;
    }
  }
  const auto line = line_at(input, at_);
  if (!line) {
    if (input.size() - at_ > inline_bytes_max) return fail("too big bulk count string");
    return Status::incomplete;
  }
  if (line->empty() || (*line)[0] != '$') {
    std::string text = "expected '$', got '";
    text.push_back(line->empty() ? '\r' : (*line)[0]);
    text.push_back('\'');
    return fail(text);
  }
  const auto bytes = read_length(line->substr(1));
  if (!bytes || *bytes < 0 || *bytes > limits.bulk_bytes) return fail("invalid bulk length");
  if (!limits.authenticated && *bytes > unauthenticated_bulk_bytes_max)
    return fail("unauthenticated bulk length");
  bulk_bytes_ = *bytes;
  at_ += line->size() + 2;
  return Status::complete;
}

RequestParser::Status RequestParser::next_inline(std::string_view input,
                                                 std::vector<std::string_view>& arguments) {
  const std::size_t newline = input.find('\n');
  if (newline == std::string_view::npos) {
    if (input.size() > inline_bytes_max) return fail("too big inline request");
    return Status::incomplete;
  }
  std::string_view line = input.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  auto split = split_inline_arguments(line);
  if (!split) return fail("unbalanced quotes in request");
  inline_ = true;
  inline_arguments_ = std::move(*split);
  for (const std::string& argument : inline_arguments_)
    arguments.push_back(argument);
  consumed_ = newline + 1;
  return Status::complete;
}

RequestParser::Status RequestParser::suspend(std::string_view input,
                                             std::vector<std::string_view>& arguments,
                                             std::size_t first_argument) {
  for (std::size_t i = first_argument; i < arguments.size(); ++i)
    suspended_.push_back(
        {static_cast<std::size_t>(arguments[i].data() - input.data()), arguments[i].size()});
  arguments.resize(first_argument);
  return Status::incomplete;
}

RequestParser::Status RequestParser::fail(std::string_view text) {
  error_ = text;
  return Status::error;
}

}  // namespace duplex::resp
