// A disk that loses power: what was not synced is gone, or half there; names and bytes alike.
#pragma once

#include "aof/file.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace duplex::test {

// A directory whose power ends at the operation that cut_after() names. From then on everything
// fails. What survives: of a file, what was synced, and of the writes since then the first ones, of
// which the last may be cut short or be zeros; of names, those as of the last sync of the directory
// and the first of the changes since then. Replacing a file is four operations.
//
// Thread: any.
class PowerCutDisk : public aof::Directory {
 public:
  explicit PowerCutDisk(std::uint64_t seed) : random_(seed) {}

  std::expected<std::unique_ptr<aof::File>, std::error_code> open(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    if (!begin_step()) return std::unexpected(dead());
    const auto found = names_.find(std::string(name));
    if (found != names_.end()) return std::make_unique<Handle>(*this, found->second);
    auto made = std::make_shared<Content>();
    change_name(std::string(name), made);
    return std::make_unique<Handle>(*this, std::move(made));
  }

  std::error_code replace(std::string_view name, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    const auto fresh = std::make_shared<Content>();
    if (!begin_step()) return dead();
    change_name("temp-" + std::string(name), fresh);
    fresh->change({.offset = 0, .bytes = std::string(text)});
    if (!begin_step()) return dead();
    fresh->sync();
    if (!begin_step()) return dead();
    name_changes_.push_back({.name = "temp-" + std::string(name), .content = nullptr});
    names_.erase("temp-" + std::string(name));
    change_name(std::string(name), fresh);
    if (!begin_step()) return dead();
    sync_names();
    return {};
  }

  std::error_code remove(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    if (!begin_step()) return dead();
    change_name(std::string(name), nullptr);
    return {};
  }

  std::error_code sync() override {
    const std::lock_guard lock(mutex_);
    if (!begin_step()) return dead();
    sync_names();
    return {};
  }

  // Power is back, and will be cut at the operation after `steps` ones.
  void cut_after(std::uint64_t steps) {
    const std::lock_guard lock(mutex_);
    steps_left_ = steps;
    is_off_ = false;
  }
  bool is_off() const {
    const std::lock_guard lock(mutex_);
    return is_off_;
  }
  // Puts what survived into a real folder. Requires: is_off().
  void write_survivors(const std::filesystem::path& folder) {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, bytes] : survivors_)
      std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  // Takes the files of a folder as what is there, all of it synced.
  void read_folder(const std::filesystem::path& folder) {
    const std::lock_guard lock(mutex_);
    names_.clear();
    for (const auto& found : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(found.path(), std::ios::binary);
      auto content = std::make_shared<Content>();
      content->now = {std::istreambuf_iterator<char>(in), {}};
      content->sync();
      names_[found.path().filename().string()] = std::move(content);
    }
    sync_names();
  }

 private:
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;
    std::optional<std::uint64_t> truncated_to{};
  };
  static void apply(std::string& to, const Change& change) {
    if (change.truncated_to) return to.resize(*change.truncated_to);
    if (to.size() < change.offset + change.bytes.size())
      to.resize(change.offset + change.bytes.size());
    to.replace(change.offset, change.bytes.size(), change.bytes);
  }
  struct Content {
    std::string now;
    std::string synced;
    std::vector<Change> changes;  // since the sync

    void change(Change made) {
      apply(now, made);
      changes.push_back(std::move(made));
    }
    void sync() {
      synced = now;
      changes.clear();
    }
  };
  using ContentPtr = std::shared_ptr<Content>;
  struct NameChange {
    std::string name;
    ContentPtr content;  // nullptr: removed
  };

  class Handle : public aof::File {
   public:
    Handle(PowerCutDisk& disk, ContentPtr content) : disk_(disk), content_(std::move(content)) {}

    std::error_code write(std::uint64_t offset, std::string_view bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.is_off_) return dead();
      // The write that the cut meets may be on its way.
      content_->change({.offset = offset, .bytes = std::string(bytes)});
      return disk_.begin_step() ? std::error_code() : dead();
    }
    std::expected<std::size_t, std::error_code> read(std::uint64_t offset,
                                                     std::span<char> out) override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.is_off_) return std::unexpected(dead());
      if (offset >= content_->now.size()) return 0;
      const std::string_view part = std::string_view(content_->now).substr(offset, out.size());
      std::ranges::copy(part, out.begin());
      return part.size();
    }
    std::error_code truncate(std::uint64_t size) override {
      const std::lock_guard lock(disk_.mutex_);
      if (!disk_.begin_step()) return dead();
      content_->change({.bytes = {}, .truncated_to = size});
      return {};
    }
    std::error_code sync() override {
      const std::lock_guard lock(disk_.mutex_);
      if (!disk_.begin_step()) return dead();
      content_->sync();
      return {};
    }
    std::expected<std::uint64_t, std::error_code> size() override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.is_off_) return std::unexpected(dead());
      return content_->now.size();
    }

   private:
    PowerCutDisk& disk_;
    const ContentPtr content_;
  };

  static std::error_code dead() { return {EIO, std::system_category()}; }

  // False when the power is off, or is cut now.
  bool begin_step() {
    if (is_off_) return false;
    if (steps_left_-- > 0) return true;
    is_off_ = true;
    cut();
    return false;
  }
  void change_name(std::string name, ContentPtr content) {
    if (content != nullptr)
      names_[name] = content;
    else
      names_.erase(name);
    name_changes_.push_back({std::move(name), std::move(content)});
  }
  void sync_names() {
    synced_names_ = names_;
    name_changes_.clear();
  }

  std::size_t below(std::size_t end) { return random_() % end; }

  void cut() {
    std::map<std::string, ContentPtr> names = synced_names_;
    const std::size_t kept = below(name_changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) {
      if (name_changes_[i].content != nullptr)
        names[name_changes_[i].name] = name_changes_[i].content;
      else
        names.erase(name_changes_[i].name);
    }
    survivors_.clear();
    for (const auto& [name, content] : names)
      survivors_[name] = survivor(*content);
  }

  std::string survivor(const Content& content) {
    std::string bytes = content.synced;
    const std::size_t kept = below(content.changes.size() + 1);
    for (std::size_t i = 0; i < kept; ++i)
      apply(bytes, content.changes[i]);
    if (kept == content.changes.size()) return bytes;
    Change half = content.changes[kept];
    if (half.truncated_to) return bytes;
    switch (below(4)) {
      case 0:
        return bytes;
      case 1:
        half.bytes.resize(below(half.bytes.size() + 1));
        break;
      case 2:
        forget_sectors(half, bytes);
        break;
      default: {
        // The file has grown, but not all of its pages were written.
        const std::size_t written = below(half.bytes.size() + 1);
        std::fill(
            half.bytes.begin() + static_cast<std::ptrdiff_t>(written), half.bytes.end(), '\0');
      }
    }
    apply(bytes, half);
    return bytes;
  }

  // Where a write took the place of other bytes, those are still there in the sectors that it did
  // not reach, whichever these are.
  void forget_sectors(Change& change, const std::string& before) {
    constexpr std::size_t sector_bytes = 512;
    for (std::size_t i = 0; i < change.bytes.size();) {
      const std::uint64_t at = change.offset + i;
      const std::size_t length = std::min(
          change.bytes.size() - i, sector_bytes - static_cast<std::size_t>(at % sector_bytes));
      if (below(2) == 0)
        for (std::size_t j = i; j < i + length; ++j)
          change.bytes[j] = change.offset + j < before.size() ? before[change.offset + j] : '\0';
      i += length;
    }
  }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::uint64_t steps_left_ = 0;
  bool is_off_ = false;
  std::map<std::string, ContentPtr> names_;
  std::map<std::string, ContentPtr> synced_names_;
  std::vector<NameChange> name_changes_;  // since the sync
  std::map<std::string, std::string> survivors_;
};

}  // namespace duplex::test
