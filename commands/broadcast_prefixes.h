// CLIENT TRACKING BCAST: who wants to hear of all changes of keys that begin in some way.
#pragma once

#include "base/mutex.h"
#include "base/shared_bytes.h"
#include "commands/tracked_keys.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// The keys that one loop has changed since it last told about them.
//
// Thread: confined to its loop.
class BroadcastChanges {
 public:
  std::size_t size() const { return writers_.size(); }

 private:
  friend class BroadcastPrefixes;

  // The prefixes that no other one is a prefix of, ascending, as of this version. Only the last one
  // that is not behind a key can be the key's.
  std::vector<std::string> shortest_;
  std::uint64_t version_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> writers_;  // who changed the key last
};

// Thread: any (mutex_, rank hub).
class BroadcastPrefixes {
 public:
  // Hands on an array of keys, encoded, to a client.
  using Send = std::function<void(Reader reader, const base::SharedBytes& keys)>;

  // How many prefixes there are. Cheap: what a write costs when nobody asked for them.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  // The client also hears of this prefix. `skips_own`, for all of the client's prefixes: not of
  // what the client itself has changed.
  void add(Reader reader, std::string_view prefix, bool skips_own);
  void remove(Reader reader, std::string_view prefix);

  // Notes that a key was changed, if anybody wants to hear of it; `writer` 0: by nobody's command.
  void note(BroadcastChanges& changes, std::string_view key, std::uint64_t writer);
  // Sends what was noted: one array for each prefix that has clients, each key once.
  void drain(BroadcastChanges& changes, const Send& send);

 private:
  struct Listener {
    Reader reader;
    bool skips_own;
  };

  void refresh(BroadcastChanges& changes);

  base::Mutex mutex_{base::LockRank::hub};
  std::map<std::string, std::vector<Listener>, std::less<>> prefixes_ DUPLEX_GUARDED_BY(mutex_);
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> version_{0};  // raised by every change of the set of prefixes
};

}  // namespace duplex::commands
