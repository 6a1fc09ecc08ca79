// The scripts that EVALSHA finds.
#pragma once

#include "base/mutex.h"
#include "script/code.h"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace duplex::script {

// Scripts that came with EVAL make room for each other, the least recently used one first; those of
// SCRIPT LOAD stay.
// Thread: any (mutex_, rank leaf).
class ScriptCache {
 public:
  using Pointer = std::shared_ptr<const Script>;
  static constexpr std::size_t eval_scripts_max = 500;

  // By its SHA-1 in lower case. Counts as a use.
  Pointer find(std::string_view sha);
  bool contains(std::string_view sha) const;
  // Returns the script that is there already, if there is one; `stays`: it was loaded.
  Pointer add(const Pointer& script, bool stays);
  void flush();

  std::size_t size() const;
  std::size_t bytes() const;
  std::size_t evicted() const;

 private:
  struct Entry {
    Pointer script;
    bool stays = false;
    std::list<std::string_view>::iterator place;  // in by_use_, unless it stays
  };

  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::unordered_map<std::string_view, Entry> scripts_ DUPLEX_GUARDED_BY(mutex_);
  std::list<std::string_view> by_use_ DUPLEX_GUARDED_BY(mutex_);  // the last used one first
  std::size_t bytes_ DUPLEX_GUARDED_BY(mutex_) = 0;
  std::size_t evicted_ DUPLEX_GUARDED_BY(mutex_) = 0;
};

}  // namespace duplex::script
