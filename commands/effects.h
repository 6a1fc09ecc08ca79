// What a write changed, as the commands that replay it: the content of the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

// One command of a write unit. The views are valid while the unit is being appended.
struct Effect {
  int database;
  std::span<const std::string_view> args;
};

// Where write units go; the log, and later the replicas' stream.
//
// Thread: any. append() is called with the shards of the unit locked, so that the order of units is
// the order of execution per key; it must neither block nor call back.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  // Returns the position behind the unit. `changes` is how many changes it is made of, as Redis
  // counts them for its save points.
  virtual std::uint64_t append(std::span<const Effect> unit, std::uint64_t changes) = 0;
  // An error reply if writes have to be refused now (MISCONF), else empty.
  virtual std::string_view refusal() const = 0;
};

// The effects of the unit that is being executed.
//
// Thread: confined to its executor. Reused from unit to unit to keep its memory.
class Effects {
 public:
  // Requires: the text behind the arguments stays until clear(); keep() makes it so.
  void add(int database, std::span<const std::string_view> args) {
    entries_.push_back({database, words_.size(), args.size()});
    words_.insert(words_.end(), args.begin(), args.end());
  }
  void add(int database, std::initializer_list<std::string_view> args) {
    add(database, std::span(args.begin(), args.size()));
  }
  // Replaces the first word of what was added last.
  void rename_last(std::string_view name) { words_[entries_.back().first] = name; }
  // Keeps a text until clear().
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  // What the unit counts for. Keys that end or are evicted count for nothing.
  void count(std::uint64_t changes) { changes_ += changes; }
  std::uint64_t changes() const { return changes_; }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  // Copies the text of what was added behind the first `count` entries, which is about to go.
  void own_since(std::size_t count);
  // Forgets what was added behind the first `count` entries.
  void drop_since(std::size_t count) {
    if (entries_.size() <= count) return;
    words_.resize(entries_[count].first);
    entries_.resize(count);
  }

  // Valid until the next change.
  std::span<const Effect> unit() {
    unit_.clear();
    for (const Range& entry : entries_)
      unit_.push_back({entry.database, std::span(words_).subspan(entry.first, entry.count)});
    return unit_;
  }
  void clear() {
    entries_.clear();
    words_.clear();
    kept_.clear();
    changes_ = 0;
  }

 private:
  struct Range {
    int database;
    std::size_t first;
    std::size_t count;
  };

  std::vector<Range> entries_;
  std::vector<std::string_view> words_;
  std::deque<std::string> kept_;
  std::vector<Effect> unit_;
  std::uint64_t changes_ = 0;
};

inline void Effects::own_since(std::size_t count) {
  if (entries_.size() <= count) return;
  const auto words = std::span(words_).subspan(entries_[count].first);
  std::size_t bytes = 0;
  for (const std::string_view word : words)
    bytes += word.size();
  std::string text;
  text.reserve(bytes);
  for (const std::string_view word : words)
    text.append(word);
  const std::string_view kept = kept_.emplace_back(std::move(text));
  std::size_t at = 0;
  for (std::string_view& word : words) {
    word = kept.substr(at, word.size());
    at += word.size();
  }
}

}  // namespace duplex::commands
