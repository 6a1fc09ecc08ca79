// Appending, syncing and repairing the increment file.
#include "aof/segment.h"

#include "aof/annotation.h"
#include "aof/reader.h"

#include <algorithm>
#include <string>

namespace duplex::aof {

namespace {

// repair() reads the file in windows of this size, or larger if a batch is larger.
constexpr std::size_t window_bytes = std::size_t{4} << 20;

}  // namespace

std::error_code Segment::append(std::string_view bytes, std::size_t reserve_bytes) {
  if (const auto error = cut_overhang()) return error;
  const std::uint64_t end = this->end();
  const std::uint64_t next = end + bytes.size();
  if (const auto error = make_way(next)) return error;
  if (const auto error = file_->write(end, bytes)) {
    has_overhang_ = true;
    // When this fails too, the next append tries again: until then nothing is written behind it.
    (void)cut_overhang();
    return error;
  }
  end_.store(next, std::memory_order_release);
  if (reserve_bytes != 0 && may_reserve_ && next >= reserved_) reserve(reserve_bytes);
  return {};
}

std::error_code Segment::cut_overhang() {
  if (!has_overhang_) return {};
  if (const auto error = file_->truncate(end())) return error;
  has_overhang_ = false;
  reserved_ = 0;
  return {};
}

// The end of a padding line must not be left alone behind what ends at `next`.
std::error_code Segment::make_way(std::uint64_t next) {
  if (next >= reserved_ || (reserved_ - next) % padding_line.size() != 1) return {};
  // The last line has no other one to grow into.
  if (next + 1 == reserved_) return trim();
  return file_->write(next, padding_line.substr(0, 1));
}

// Where there is no room for padding, there may yet be some for records.
void Segment::reserve(std::size_t bytes) {
  const std::uint64_t end = this->end();
  std::string padding;
  padding.reserve(bytes + padding_line.size());
  while (padding.size() < bytes)
    padding += padding_line;
  if (file_->write(end, padding)) {
    may_reserve_ = false;
    has_overhang_ = true;
    (void)cut_overhang();
    return;
  }
  reserved_ = end + padding.size();
}

std::error_code Segment::trim() {
  if (reserved_ > end()) has_overhang_ = true;
  return cut_overhang();
}

std::error_code Segment::sync() {
  const std::lock_guard lock(sync_mutex_);
  if (needs_repair()) return sync_error_;
  const std::uint64_t end = this->end();
  if (synced_end() == end) return {};
  if (const auto error = file_->sync()) {
    sync_error_ = error;
    needs_repair_.store(true, std::memory_order_release);
    return error;
  }
  synced_end_.store(end, std::memory_order_release);
  return {};
}

std::error_code Segment::repair() {
  const std::lock_guard lock(sync_mutex_);
  // Nothing vouches for padding.
  if (const auto error = trim()) return error;
  const std::uint64_t end = this->end();
  if (const auto error = rewrite(synced_end(), end)) return error;
  if (const auto error = file_->sync()) {
    sync_error_ = error;
    return error;
  }
  synced_end_.store(end, std::memory_order_release);
  needs_repair_.store(false, std::memory_order_release);
  return {};
}

// Writes the same bytes again, so that the system takes them for changed, after checking that they
// are the ones that were appended: a page that was dropped comes back from the disk with old bytes.
std::error_code Segment::rewrite(std::uint64_t from, std::uint64_t to) {
  std::size_t wanted = window_bytes;
  std::string window;
  while (from < to) {
    window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, to - from)));
    const auto got = file_->read(from, window);
    if (!got) return got.error();
    if (*got != window.size()) return std::make_error_code(std::errc::bad_message);
    const std::size_t vouched = vouched_prefix(window);
    if (vouched == 0) {
      if (window.size() == to - from) return std::make_error_code(std::errc::bad_message);
      wanted *= 2;
      continue;
    }
    if (const auto error = file_->write(from, std::string_view(window).substr(0, vouched)))
      return error;
    from += vouched;
  }
  return {};
}

}  // namespace duplex::aof
