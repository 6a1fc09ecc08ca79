// What the commands of persistence may ask for: snapshots, a new base of the log, a reload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

// Thread: any that holds no shard, except where a function says otherwise.
class PersistenceControl {
 public:
  // A reply: a status, or an error with its code.
  struct Answer {
    bool is_error = false;
    std::string_view text;
  };

  virtual ~PersistenceControl() = default;

  // Writes a snapshot and waits for it. Returns the error reply, or nothing.
  virtual std::optional<std::string> save() = 0;
  // Takes a snapshot: the cut is made before the call returns. With `in_transaction` shards may be
  // held, and the snapshot is taken a moment later.
  virtual Answer begin_save(bool may_schedule, bool in_transaction) = 0;
  virtual Answer cancel_save() = 0;
  virtual Answer begin_rewrite(bool in_transaction) = 0;
  // When the last snapshot was complete, in seconds since 1970.
  virtual std::int64_t last_save_s() const = 0;
};

}  // namespace duplex::commands
