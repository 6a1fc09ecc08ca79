// A disk in memory, which forgets in a crash what was not synced.
#pragma once

#include "aof/file.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace duplex::test {

// One file's bytes, shared by everybody who has it open.
// Thread: any.
class MemoryContent {
 public:
  void write(std::uint64_t offset, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const auto at = static_cast<std::size_t>(offset);
    if (bytes_.size() < at + bytes.size()) bytes_.resize(at + bytes.size());
    bytes_.replace(at, bytes.size(), bytes);
  }
  std::size_t read(std::uint64_t offset, std::span<char> out) const {
    const std::lock_guard lock(mutex_);
    if (offset >= bytes_.size()) return 0;
    const std::string_view part =
        std::string_view(bytes_).substr(static_cast<std::size_t>(offset), out.size());
    std::ranges::copy(part, out.begin());
    return part.size();
  }
  void truncate(std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    bytes_.resize(static_cast<std::size_t>(size));
  }
  void sync() {
    const std::lock_guard lock(mutex_);
    durable_ = bytes_;
  }
  // What a power failure leaves: the synced bytes.
  void forget() {
    const std::lock_guard lock(mutex_);
    bytes_ = durable_;
  }
  std::string bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  mutable std::mutex mutex_;
  std::string bytes_;
  std::string durable_;
};

class MemoryFile : public aof::File {
 public:
  explicit MemoryFile(std::shared_ptr<MemoryContent> content) : content_(std::move(content)) {}

  std::error_code write(std::uint64_t offset, std::string_view bytes) override {
    content_->write(offset, bytes);
    return {};
  }
  std::expected<std::size_t, std::error_code> read(std::uint64_t offset,
                                                   std::span<char> out) override {
    return content_->read(offset, out);
  }
  std::error_code truncate(std::uint64_t size) override {
    content_->truncate(size);
    return {};
  }
  std::error_code sync() override {
    content_->sync();
    return {};
  }
  std::expected<std::uint64_t, std::error_code> size() override { return content_->bytes().size(); }

 private:
  const std::shared_ptr<MemoryContent> content_;
};

// Thread: any.
class MemoryDirectory : public aof::Directory {
 public:
  std::expected<std::unique_ptr<aof::File>, std::error_code> open(std::string_view name) override {
    return std::make_unique<MemoryFile>(content(name));
  }
  std::error_code replace(std::string_view name, std::string_view text) override {
    auto fresh = std::make_shared<MemoryContent>();
    fresh->write(0, text);
    fresh->sync();
    const std::lock_guard lock(mutex_);
    files_[std::string(name)] = std::move(fresh);
    durable_files_ = files_;
    return {};
  }
  std::error_code remove(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    files_.erase(std::string(name));
    return {};
  }
  std::error_code sync() override {
    const std::lock_guard lock(mutex_);
    durable_files_ = files_;
    return {};
  }

  std::shared_ptr<MemoryContent> content(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto& found = files_[std::string(name)];
    if (found == nullptr) found = std::make_shared<MemoryContent>();
    return found;
  }
  std::string bytes(std::string_view name) { return content(name)->bytes(); }
  bool has(std::string_view name) {
    const std::lock_guard lock(mutex_);
    return files_.contains(std::string(name));
  }

  // Power is lost: what was not synced is gone, names as well as bytes.
  void crash() {
    const std::lock_guard lock(mutex_);
    files_ = durable_files_;
    for (auto& [name, file] : files_)
      file->forget();
  }

  // Puts the files into a real directory, which is created.
  void copy_to(const std::filesystem::path& path) {
    std::filesystem::create_directories(path);
    const std::lock_guard lock(mutex_);
    for (auto& [name, file] : files_)
      std::ofstream(path / name, std::ios::binary) << file->bytes();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryContent>> files_;
  std::map<std::string, std::shared_ptr<MemoryContent>> durable_files_;
};

}  // namespace duplex::test
