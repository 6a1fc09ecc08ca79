// The increment file that is being written: appends that leave no half batch, syncs that are
// trusted only when they worked.
#pragma once

#include "aof/file.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>

namespace duplex::aof {

// After a failed sync the system may have dropped what it could not write and call the next sync a
// success. So a failed sync stays an error until repair() has read the bytes back, found them to
// be what was written, and written and synced them again.
//
// Thread: append, repair: one at a time (the holder of Log's turn). sync: any, beside append.
// Invariant: synced_end() <= end(); the file holds whole appends only, up to end(), and behind it
//   nothing but padding.
class Segment {
 public:
  // The file holds `end` bytes, all of them synced.
  Segment(std::unique_ptr<File> file, std::uint64_t end)
      : file_(std::move(file)), end_(end), synced_end_(end) {}

  // Appends all bytes or none: what a failed write left behind is cut off, at the latest before
  // the next append. With `reserve_bytes` the file is kept longer than what it holds, filled with
  // so much padding each time it is used up, as long as the disk has room: a sync of bytes that
  // take the place of others has no metadata to wait for.
  std::error_code append(std::string_view bytes, std::size_t reserve_bytes = 0);
  // Cuts the padding off. Not synced.
  std::error_code trim();

  // Syncs what was appended before the call.
  std::error_code sync();

  // Whether the last sync failed and repair() has not succeeded since.
  bool needs_repair() const { return needs_repair_.load(std::memory_order_acquire); }

  // Writes everything behind synced_end() once more and syncs it. What is there must be batches
  // with their checksums and stream starts. Returns bad_message when the file does not hold what
  // was appended: the bytes are lost, and no later call can succeed.
  std::error_code repair();

  std::uint64_t end() const { return end_.load(std::memory_order_acquire); }
  std::uint64_t synced_end() const { return synced_end_.load(std::memory_order_acquire); }

 private:
  std::error_code cut_overhang();
  std::error_code make_way(std::uint64_t next);
  void reserve(std::size_t bytes);
  std::error_code rewrite(std::uint64_t from, std::uint64_t to);

  const std::unique_ptr<File> file_;
  std::atomic<std::uint64_t> end_;
  std::atomic<std::uint64_t> synced_end_;
  std::atomic<bool> needs_repair_{false};
  bool has_overhang_ = false;   // behind end_ there may be something else than padding
  std::uint64_t reserved_ = 0;  // where the padding ends, if that is behind end_
  bool may_reserve_ = true;     // the disk had room for it so far
  std::mutex sync_mutex_;       // one sync at a time, so that each sees its own error
  std::error_code sync_error_;  // under sync_mutex_: why needs_repair_ is set
};

}  // namespace duplex::aof
