// A part of a channel's history, as RT.HISTORY answers.
#pragma once

#include "realtime/command_runner.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// A place in a history: how far a client has read.
struct Position {
  std::string epoch;  // empty: the channel has no history
  std::uint64_t offset = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

struct PastPublication {
  std::uint64_t offset = 0;
  std::string data;
  std::string info;  // JSON, or empty
  std::string tags;  // JSON, or empty
};

struct HistoryPage {
  Position top;  // the last publication's place
  std::vector<PastPublication> publications;
  std::uint64_t log_position = 0;   // as in Ran
  std::optional<bool> is_complete;  // said by the command: offsets of streams have gaps

  // Whether these are all publications behind `since`, which was asked for.
  bool is_complete_since(const Position& since) const {
    return since.epoch == top.epoch && since.offset <= top.offset &&
           is_complete.value_or(publications.size() == top.offset - since.offset);
  }
};

struct HistoryQuery {
  std::optional<Position> since;
  std::uint64_t limit = 0;
  bool reverse = false;
  bool make = false;  // a history that is not there begins now
};

// The history of a channel: RT.HISTORY, or RT.STREAM if it is called `stream:<key>`. The error is
// the command's.
std::expected<HistoryPage, std::string> read_history(CommandRunner& commands,
                                                     RunAs as,
                                                     std::string_view channel,
                                                     const HistoryQuery& query);

}  // namespace duplex::realtime
