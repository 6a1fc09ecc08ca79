// One command of the realtime protocol, parsed, and how it is answered.
#pragma once

#include "realtime/authority.h"
#include "realtime/history_page.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {

// Thread: any. Lifetime: a view of the message it was read from.
struct JsonCommand {
  std::uint32_t id;  // 0: `send`, which is not answered
  std::string_view method;
  const boost::json::object& request;
  std::string_view text;  // of the whole command

  // The string member of the request; empty if it is missing. Nothing if it is something else.
  std::optional<std::string_view> text_of(std::string_view name) const;
  // A member as the client wrote it, byte for byte; nothing if there is none.
  std::optional<std::string_view> raw(std::string_view name) const;

  void reply(std::string& out, std::string_view result) const;
  void reply(std::string& out, const realtime::Denial& error) const;
};

// The same for an answer that comes later.
void append_json_reply(std::string& out,
                       std::uint32_t id,
                       std::string_view method,
                       std::string_view result);
void append_json_error(
    std::string& out, std::uint32_t id, unsigned code, std::string_view message, bool is_temporary);

// The members of objects of any kind.
std::optional<std::string_view> json_text(const boost::json::object& object, std::string_view name);
// Whole numbers that are not negative; `missing` if there is no such member.
std::optional<std::uint64_t> json_number(const boost::json::object& object,
                                         std::string_view name,
                                         std::uint64_t missing);
bool json_flag(const boost::json::object& object, std::string_view name);

// {"offset":…,"epoch":…}; nothing if these are not what they should be.
std::optional<realtime::Position> read_position(const boost::json::object& object);

// `"expires":true,"ttl":…` of what does not last for ever; empty otherwise.
std::string expiry_members(std::int64_t expires_s, std::int64_t wall_ms);

// What clients are told of an error of a command.
realtime::Denial denial_of(std::string_view error);

namespace json_errors {

inline constexpr realtime::Denial internal{100, "internal server error", true};
inline constexpr realtime::Denial method_not_found{104, "method not found"};
inline constexpr realtime::Denial already_subscribed{105, "already subscribed"};
inline constexpr realtime::Denial limit_exceeded{106, "limit exceeded"};
inline constexpr realtime::Denial bad_request{107, "bad request"};
inline constexpr realtime::Denial not_available{108, "not available"};
inline constexpr realtime::Denial too_many_requests{111, "too many requests", true};
inline constexpr realtime::Denial unrecoverable_position{112, "unrecoverable position"};

}  // namespace json_errors

}  // namespace duplex::ws
