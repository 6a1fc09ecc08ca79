// The histories of channels: streams that publishing appends to.
//
// The history of a channel is the stream `rt:h:<channel>` in database 0. The id of an entry is
// `<epoch>-<offset>`: the epoch is the time at which the stream was made, and offsets count from 1.
// docs/history.md describes it for users.
#pragma once

#include "pubsub/message.h"
#include "store/hashed_key.h"
#include "store/stream_id.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

class CommandContext;

// What is kept of a channel, and how long.
struct HistoryRule {
  std::uint64_t size_max = 0;  // publications; at least 1
  std::int64_t ttl_ms = 0;     // since the last one; 0: for ever
  bool is_logged = true;       // false: it does not survive a restart
};

// Which channels have a history; the configuration knows.
//
// Thread: any.
class ChannelHistory {
 public:
  // `started_ms`: when the server was started. `log_keeps`: whether a log has kept everything that
  // was published before that.
  ChannelHistory(std::int64_t started_ms, bool log_keeps)
      : started_ms_(started_ms), log_keeps_(log_keeps) {}
  virtual ~ChannelHistory() = default;
  // Nothing: the channel has none.
  virtual std::optional<HistoryRule> rule_of(std::string_view channel) const = 0;

  // The name of a stream that is made now; never the same twice.
  std::uint64_t new_epoch(std::int64_t now_ms);
  // Whether a stream may lack what was published last, because it comes from a snapshot that was
  // taken before that. Its offsets must not be given to other publications.
  bool may_lack_end(const HistoryRule& rule, std::uint64_t epoch) const {
    return !(log_keeps_ && rule.is_logged) && epoch < static_cast<std::uint64_t>(started_ms_);
  }

 private:
  const std::int64_t started_ms_;
  const bool log_keeps_;
  std::atomic<std::uint64_t> last_epoch_{0};
};

inline constexpr int history_database = 0;

std::string history_key(std::string_view channel);

// What is published, beside its channel.
struct NewPublication {
  std::string_view data;
  std::string_view info{};  // JSON, or empty
  std::string_view tags{};  // JSON, or empty
};

// Publishes on a channel, and appends to its history if it has one. Answers the error itself and
// returns nothing if that cannot be. Requires: the command is declared with Flag::uses_history.
struct Published {
  std::size_t receivers = 0;
  std::uint64_t epoch = 0;
  std::uint64_t offset = 0;  // 0: the channel has no history
};
std::optional<Published> publish_on(CommandContext& ctx,
                                    std::string_view channel,
                                    const NewPublication& publication);

// Where the history of the command's channel stands: the id of its last publication, offset 0 if
// there was none yet. `make`: it is made if it is not there. Nothing: there is none.
std::optional<store::StreamId> history_position(CommandContext& ctx, bool make);

}  // namespace duplex::commands
