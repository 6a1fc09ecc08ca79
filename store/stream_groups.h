// The consumer groups of a stream: who was given which entries and has not acknowledged them.
#pragma once

#include "store/stream_id.h"
#include "store/stream_id_runs.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace duplex::store {

struct StreamConsumer {
  static constexpr std::int64_t never = -1;
  // It was made while the log was replayed, which does not tell when that was.
  static constexpr std::int64_t unknown = 0;

  std::string name;
  std::int64_t seen_ms = unknown;  // its last attempt to get entries
  std::int64_t active_ms = never;  // its last attempt that got some
  StreamIdRuns<StreamId> pending{};
};

// An entry that was delivered and not acknowledged.
struct PendingEntry {
  StreamId id{};
  StreamConsumer* consumer = nullptr;
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 1;
};

inline const StreamId& id_of(const PendingEntry& entry) {
  return entry.id;
}

// Thread: as its stream's entry.
// Invariant: an id is pending in the group if and only if it is so for one consumer, its owner.
class StreamGroup {
 public:
  static constexpr std::int64_t unknown = -1;
  using Consumers = std::map<std::string, StreamConsumer, std::less<>>;
  using Pending = StreamIdRuns<PendingEntry>;

  StreamId last_id;  // delivered last
  std::int64_t entries_read = unknown;

  StreamGroup(StreamId last, std::int64_t read) : last_id(last), entries_read(read) {}
  StreamGroup(const StreamGroup& other);
  StreamGroup& operator=(const StreamGroup&) = delete;

  const Consumers& consumers() const { return consumers_; }
  const Pending& pending() const { return pending_; }

  // nullptr if there is none.
  StreamConsumer* find_consumer(std::string_view name);
  // Requires: there is none.
  StreamConsumer& add_consumer(std::string_view name, std::int64_t now_ms);
  // Takes consumers of whom it is not known when they were seen for seen now.
  void note_seen(std::int64_t now_ms);
  // Forgets what it had pending; returns how much that was. Requires: it is there.
  std::size_t erase_consumer(std::string_view name);

  // nullptr if it is not pending. Valid until another entry becomes pending or stops being so.
  PendingEntry* find_pending(StreamId id);
  // Gives an entry to a consumer, from another one if that had it; returns what is to be filled in.
  PendingEntry& assign(StreamId id, StreamConsumer& consumer);
  // Returns whether it was pending.
  bool acknowledge(StreamId id);

  std::size_t memory_bytes() const;

 private:
  Consumers consumers_;
  Pending pending_;
};

using StreamGroups = std::map<std::string, StreamGroup, std::less<>>;

}  // namespace duplex::store
