// A part of a channel's history, as RT.HISTORY answers.
#pragma once

#include "realtime/command_runner.h"

#include <cstdint>
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
  std::uint64_t log_position = 0;  // as in Ran

  // Whether these are all publications behind `since`.
  bool is_complete_since(const Position& since) const {
    return since.epoch == top.epoch && since.offset <= top.offset &&
           publications.size() == top.offset - since.offset;
  }
};

struct HistoryQuery {
  std::optional<Position> since;
  std::uint64_t limit = 0;
  bool reverse = false;
  bool make = false;  // a history that is not there begins now
};

// Nothing if the command was refused.
std::optional<HistoryPage> read_history(CommandRunner& commands,
                                        RunAs as,
                                        std::string_view channel,
                                        const HistoryQuery& query);

}  // namespace duplex::realtime
