// CLIENT TRACKING: who has read which key, and who has to be told that it has changed.
#pragma once

#include "base/mutex.h"
#include "commands/broadcast_prefixes.h"
#include "commands/invalidation.h"
#include "commands/tracked_keys.h"
#include "store/hashed_key.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// How a client tracks: bits of Client::tracking. 0: not at all.
namespace tracking {
inline constexpr std::uint8_t on = 1u << 0;
inline constexpr std::uint8_t broadcast = 1u << 1;
inline constexpr std::uint8_t opt_in = 1u << 2;
inline constexpr std::uint8_t opt_out = 1u << 3;
inline constexpr std::uint8_t no_loop = 1u << 4;
inline constexpr std::uint8_t caching = 1u << 5;          // CLIENT CACHING was the last command
inline constexpr std::uint8_t broken_redirect = 1u << 6;  // whom it redirects to is gone
}  // namespace tracking

// The tracking table, in parts by shard, and a queue for each loop with what its clients have to
// forget. As in Redis, a key is its name, whatever the database.
//
// A client that reads a key is remembered under the lock of the key's shard, before anybody can
// change the key, and its reply is in its loop's output by then. A change queues the news for that
// loop, which delivers only between commands: so no news is ahead of the reply that it is about.
//
// Thread: any. The keys are guarded by their shards' locks.
class Tracking {
 public:
  // Tells a loop that something waits for it; must only post. Called from any thread.
  using Wake = std::function<void()>;

  // Loops are numbered 0 to loops-1.
  explicit Tracking(std::size_t loops);
  ~Tracking();

  // To be called once per loop before its clients track.
  void attach(std::size_t loop, Wake wake);

  // --- the table; require: the shard of the key is locked ---
  void remember(const store::HashedKey& key, Reader reader);
  // Whose command changes a key, and what prefixes are told about that: 0 if the key went by
  // itself.
  struct Writer {
    std::size_t loop;
    std::uint64_t during;
    std::uint64_t changed_by;
  };
  // Costs two loads when nobody tracks.
  void key_changed(const store::HashedKey& key, const Writer& writer) {
    if (key_count() != 0) [[unlikely]]
      forget_read(key, writer.loop, writer.during);
    if (prefixes_.count() != 0) [[unlikely]]
      note_change(key.key, writer);
  }
  // Gives up a key of the shard, chosen with `random`, which requires its lock: those who have read
  // it are told as if it had changed. False if nobody has read any.
  bool forget_one(std::size_t shard, std::size_t loop, std::uint64_t random);
  // Tells all who track, and forgets all keys. Requires: all shards are locked. What it returns
  // frees them.
  std::shared_ptr<void> forget_all(std::size_t loop);
  // Keys of a shard. Thread: any, a recent value.
  std::size_t shard_key_count(std::size_t shard) const {
    return shards_[shard].size.load(std::memory_order_relaxed);
  }

  // --- prefixes ---
  BroadcastPrefixes& prefixes() { return prefixes_; }
  // Queues what was changed by this loop for those who asked for the prefixes. Thread: the loop's.
  void broadcast(std::size_t loop);

  // --- queues ---
  // Queues for loop `to`. A loop does not wake itself: it looks before it sends.
  void send(std::size_t from, std::size_t to, Invalidation invalidation);
  bool has_invalidations(std::size_t loop) const {
    return loops_[loop].waiting.load(std::memory_order_acquire);
  }
  std::vector<Invalidation> take(std::size_t loop);

  // --- counts, for INFO ---
  void client_began() { clients_.fetch_add(1, std::memory_order_relaxed); }
  void client_ended() { clients_.fetch_sub(1, std::memory_order_relaxed); }
  std::size_t client_count() const { return clients_.load(std::memory_order_relaxed); }
  std::size_t key_count() const { return keys_.load(std::memory_order_relaxed); }
  std::size_t item_count() const { return items_.load(std::memory_order_relaxed); }

 private:
  struct Shard {
    std::unique_ptr<TrackedKeys> keys;  // nullptr: none
    std::atomic<std::uint32_t> size{0};
  };
  struct alignas(64) Loop {
    base::Mutex mutex{base::LockRank::leaf};
    std::vector<Invalidation> queue DUPLEX_GUARDED_BY(mutex);
    std::atomic<bool> waiting{false};
    Wake wake;
    // Confined to the loop.
    BroadcastChanges changes;
    std::vector<Reader> readers;  // scratch
  };

  void forget_read(const store::HashedKey& key, std::size_t loop, std::uint64_t during);
  void note_change(std::string_view key, const Writer& writer);

  std::array<Shard, store::shard_count> shards_;
  std::atomic<std::size_t> keys_{0};
  std::atomic<std::size_t> items_{0};  // readers of all keys
  std::atomic<std::size_t> clients_{0};
  BroadcastPrefixes prefixes_;
  std::unique_ptr<Loop[]> loops_;
  const std::size_t loop_count_;
};

}  // namespace duplex::commands
