// A disk with faults: full, failing, slow, or losing what it could not sync.
#pragma once

#include "support/memory_file.h"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace duplex::test {

// What goes wrong, and how often things were done. Thread: any.
class Faults {
 public:
  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

  // After so many more bytes the disk is full: the write that meets the limit is cut short.
  void fill_after(std::uint64_t bytes) {
    change([&] { room_ = bytes; });
  }
  void make_room() { fill_after(no_limit); }
  // Writes, truncations and syncs give this error; 0: none.
  void fail_write(int error_number) {
    change([&] { write_error_ = error_number; });
  }
  void fail_truncate(int error_number) {
    change([&] { truncate_error_ = error_number; });
  }
  // With `losing`, a failing sync drops the unsynced bytes as a page cache may.
  void fail_sync(int error_number, bool losing = false) {
    change([&] {
      sync_error_ = error_number;
      losing_ = losing;
    });
  }
  // Syncs wait from now on, until release_syncs().
  void hold_syncs() {
    change([&] { held_ = true; });
  }
  void release_syncs() {
    change([&] { held_ = false; });
  }

  int writes() const { return read(writes_); }
  int syncs() const { return read(syncs_); }
  int waiting_syncs() const { return read(waiting_); }

  // --- for FaultyFile ---

  // Returns how many of `bytes` fit.
  std::uint64_t take_room(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    ++writes_;
    const std::uint64_t taken = std::min(bytes, room_);
    if (room_ != no_limit) room_ -= taken;
    return taken;
  }
  std::error_code write_error() const { return code(read(write_error_)); }
  std::error_code truncate_error() const { return code(read(truncate_error_)); }
  std::error_code begin_sync(bool& losing) {
    std::unique_lock lock(mutex_);
    ++syncs_;
    ++waiting_;
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
    losing = losing_;
    return code(sync_error_);
  }

 private:
  static std::error_code code(int number) { return {number, std::system_category()}; }
  template <typename T>
  T read(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }
  template <typename Change>
  void change(Change apply) {
    {
      const std::lock_guard lock(mutex_);
      apply();
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t room_ = no_limit;
  int write_error_ = 0;
  int truncate_error_ = 0;
  int sync_error_ = 0;
  bool losing_ = false;
  bool held_ = false;
  int writes_ = 0;
  int syncs_ = 0;
  int waiting_ = 0;
};

class FaultyFile : public aof::File {
 public:
  FaultyFile(std::shared_ptr<MemoryContent> content, Faults& faults)
      : content_(std::move(content)), faults_(faults) {}

  std::error_code write(std::uint64_t offset, std::string_view bytes) override {
    if (const auto error = faults_.write_error()) return error;
    const auto fits = static_cast<std::size_t>(faults_.take_room(bytes.size()));
    content_->write(offset, bytes.substr(0, fits));
    if (fits < bytes.size()) return {ENOSPC, std::system_category()};
    return {};
  }
  std::expected<std::size_t, std::error_code> read(std::uint64_t offset,
                                                   std::span<char> out) override {
    return content_->read(offset, out);
  }
  std::error_code truncate(std::uint64_t size) override {
    if (const auto error = faults_.truncate_error()) return error;
    content_->truncate(size);
    return {};
  }
  std::error_code sync() override {
    bool losing = false;
    if (const auto error = faults_.begin_sync(losing)) {
      if (losing) content_->forget();
      return error;
    }
    content_->sync();
    return {};
  }
  std::expected<std::uint64_t, std::error_code> size() override { return content_->bytes().size(); }

 private:
  const std::shared_ptr<MemoryContent> content_;
  Faults& faults_;
};

// A MemoryDirectory whose files have faults; names and manifests have none.
// Lifetime: `faults` outlives it and its files.
class FaultyDirectory : public MemoryDirectory {
 public:
  explicit FaultyDirectory(Faults& faults) : faults_(faults) {}

  std::expected<std::unique_ptr<aof::File>, std::error_code> open(std::string_view name) override {
    return std::make_unique<FaultyFile>(content(name), faults_);
  }

 private:
  Faults& faults_;
};

}  // namespace duplex::test
