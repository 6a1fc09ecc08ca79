// Clients that wait for a key: who waits for what, in which order, and how a wait ends.
#pragma once

#include "base/buffer.h"
#include "base/mutex.h"
#include "commands/client.h"
#include "commands/command_table.h"
#include "resp/reply_writer.h"
#include "store/entry.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace duplex::commands {

class Migration;

// What a handler that found nothing waits for.
struct BlockRequest {
  // Milliseconds since 1970; 0: no end.
  std::int64_t deadline_ms = 0;
  // The keys it waits for, among those of the command.
  std::size_t first_key = 0;
  std::size_t key_count = 1;
  // A key with another type does not end the wait.
  store::ValueType type = store::ValueType::list;
  // Whether a key that goes away or changes its type ends the wait as well (XREADGROUP).
  bool wakes_on_loss = false;
  // What the client gets when the time is over.
  enum class Nothing : std::uint8_t { null, null_array } on_timeout = Nothing::null_array;
  // What is run again, if that is not the command as it was asked (XREAD's "$" is one moment's).
  std::span<const std::string_view> args{};
  // What the client waits for instead of a key.
  std::shared_ptr<Migration> migration{};
};

// One blocked command: what is needed to run it again on another loop's thread.
//
// Lifetime: shared by the client that waits and the queues it stands in.
// Thread: `state` and `reply` under Blocking's lock; what is set before the wait begins is read by
// whoever serves it, under the shards' locks.
struct Waiter {
  enum class State : std::uint8_t { waiting, serving, over };

  Waiter(std::uint64_t id, const Command& asked, std::span<const std::string_view> words)
      : client_id(id), command(asked), args(words) {}

  const std::uint64_t client_id;
  const Command& command;
  const OwnedArgs args;
  BlockRequest request;
  std::vector<std::string> keys;  // those it waits for
  // Stands in for the client while another thread runs its command.
  Client stand_in;

  State state = State::waiting;
  bool retrying = false;  // its own loop has been asked to run it
  base::Buffer reply;
  std::uint64_t ticket = 0;
};

// The queues, one for each key that somebody waits for; first come, first served.
//
// A wait begins under the shard locks of its keys, and a unit that changes such a key serves its
// queue before it gives the key's shard up. So no change is missed, and what was pushed for a
// waiting client is seen by nobody else.
// Thread: any (mutex_, rank waiters).
class Blocking {
 public:
  using WaiterPtr = std::shared_ptr<Waiter>;

  // How many clients wait. Cheap.
  std::size_t count() const { return count_.load(std::memory_order_acquire); }

  void add(const WaiterPtr& waiter);
  // Whether somebody waits for the key in this database.
  bool has_waiters(int database, std::string_view key) const;
  // All keys that somebody waits for in this database.
  std::vector<std::string> keys(int database) const;
  // Appends every other key of the commands that wait for this key, in any database: a unit that
  // touches it must be able to run them.
  void append_related(std::string_view key, std::vector<std::string>& keys) const;

  // The first waiter of the key behind `ticket`; nullptr if there is none.
  WaiterPtr next(int database, std::string_view key, std::uint64_t ticket) const;
  // Claims a waiter for running its command; false if its wait is over or somebody else has it.
  bool begin_serving(Waiter& waiter);
  // Ends the wait with `reply`, or lets it go on in its old place if the command blocked again.
  void end_serving(const WaiterPtr& waiter, bool served);

  enum class Ending : std::uint8_t {
    ended,
    busy,     // somebody runs its command just now: ask again
    already,  // the wait was over
  };
  bool is_over(const Waiter& waiter) const;
  // Asks the waiter's own loop to run its command, and whether that was asked.
  void ask_retry(Waiter& waiter);
  bool wants_retry(const Waiter& waiter) const;
  // Ends a wait without an element; `text` is the reply.
  Ending end(const WaiterPtr& waiter, std::string_view text);
  // CLIENT UNBLOCK: ends the wait of a client with its timeout's reply or an error. False if the
  // client does not wait.
  bool unblock(std::uint64_t client_id, bool with_error);

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void remove(const Waiter& waiter) DUPLEX_REQUIRES(mutex_);

  mutable base::Mutex mutex_{base::LockRank::waiters};
  // By key, whatever the database; ascending tickets.
  std::unordered_map<std::string, std::vector<WaiterPtr>, StringHash, std::equal_to<>> queues_
      DUPLEX_GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, WaiterPtr> by_client_ DUPLEX_GUARDED_BY(mutex_);
  std::uint64_t last_ticket_ DUPLEX_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> count_{0};
};

// The reply of a wait whose time is over.
std::string timeout_reply(const Waiter& waiter);

}  // namespace duplex::commands
