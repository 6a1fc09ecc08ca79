// The walk, and what those who change data hand over to it.
#include "server/snapshot.h"

#include "base/clock.h"
#include "rdb/sliced_entry.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace duplex::server {

namespace {

// Small records are gathered in chunks of this size.
constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

}  // namespace

void Snapshot::before_change(int database, const store::Entry& entry) {
  if (streamed_.load(std::memory_order_relaxed) == &entry) {
    // It is complete; from here on its mark says so.
    streamed_.store(nullptr, std::memory_order_relaxed);
    return;
  }
  if (streaming_.load(std::memory_order_relaxed) == &entry) {
    while (!slices_->done())
      slices_->append(rest_);
    streaming_.store(nullptr, std::memory_order_relaxed);
    return;
  }
  thread_local base::Buffer record;
  output_.append_entry(record, entry);
  bool is_full = false;
  {
    const base::MutexLock lock(queue_mutex_);
    queued_bytes_ += record.size();
    is_full = queued_bytes_ > snapshot_queue_bytes_max;
    if (record.size() > chunk_bytes)
      queue_.push_back({database, std::exchange(record, base::Buffer())});
    else if (queue_.empty() || queue_.back().database != database ||
             queue_.back().records.size() + record.size() > chunk_bytes)
      queue_.push_back({database, base::Buffer()});
    queue_.back().records.append(record.view());
  }
  record.clear();
  if (is_full) is_behind_.store(true, std::memory_order_relaxed);
}

void Snapshot::adopt(store::Table table) {
  const base::MutexLock lock(queue_mutex_);
  adopted_.push_back(std::move(table));
}

std::error_code Snapshot::run() {
  std::error_code error = output_.begin(contents_);
  if (!error) error = walk();
  if (error) {
    abandon();
    return error;
  }
  // Every table has been walked, so that nobody hands anything over any more.
  end();
  error = write_queued();
  release_writers();
  return error ? error : output_.finish();
}

std::error_code Snapshot::walk() {
  for (std::size_t shard = 0; shard < store::shard_count; ++shard) {
    for (bool is_over = false; !is_over;)
      if (const auto error = step(shard, is_over)) return error;
  }
  return write_adopted();
}

std::error_code Snapshot::step(std::size_t shard, bool& is_over) {
  if (cancelled_.load(std::memory_order_relaxed))
    return std::make_error_code(std::errc::operation_canceled);
  store::ShardLock lock(keyspace_);
  lock.visit_shard(shard);
  store::Table* table = lock.open_walk(shard);
  is_over = table == nullptr;
  if (!is_over) encode_step(*table);
  lock.unlock();
  if (is_over) return {};
  if (const auto error = output_.write(database_, buffer_.view())) return error;
  buffer_.clear();
  step_aside();
  if (streaming_.load(std::memory_order_relaxed) != nullptr || slices_ != nullptr)
    if (const auto error = stream(shard, true)) return error;
  return write_queued();
}

std::error_code Snapshot::write_adopted() {
  while (true) {
    std::vector<store::Table> tables;
    {
      const base::MutexLock lock(queue_mutex_);
      tables.swap(adopted_);
    }
    if (tables.empty()) return write_queued();
    // Nobody else knows these tables.
    for (store::Table& table : tables) {
      while (table.walk().is_open) {
        if (cancelled_.load(std::memory_order_relaxed))
          return std::make_error_code(std::errc::operation_canceled);
        encode_step(table);
        if (const auto error = output_.write(database_, buffer_.view())) return error;
        buffer_.clear();
        if (slices_ != nullptr)
          if (const auto error = stream(0, false)) return error;
      }
    }
    reclaimer_.discard(std::move(tables));
  }
}

void Snapshot::encode_step(store::Table& table) {
  table.next_step(snapshot_step_entries, step_);
  database_ = table.walk().database;
  const store::Entry* streamed = streamed_.load(std::memory_order_relaxed);
  for (store::EntrySlot* slot : step_.slots) {
    // As below: the step is done again.
    if (buffer_.size() > rdb::slice_bytes) return;
    const store::Entry* entry = slot->entry();
    if (entry == streamed) {
      slot->mark_saved();
      step_.marked.push_back(slot);
      streamed_.store(nullptr, std::memory_order_relaxed);
      continue;
    }
    if (slot->is_saved()) continue;
    if (auto slices = output_.slices(*entry)) {
      // What came before it in this step has its mark, and the step is done again afterwards.
      slices_ = std::move(slices);
      streaming_.store(entry, std::memory_order_relaxed);
      return;
    }
    output_.append_entry(buffer_, *entry);
    slot->mark_saved();
    step_.marked.push_back(slot);
  }
  keys_walked_.fetch_add(step_.marked.size(), std::memory_order_relaxed);
  table.finish_step(step_);
}

// The shard is free between the slices. Who changes the entry meanwhile encodes the rest.
std::error_code Snapshot::stream(std::size_t shard, bool is_locking) {
  store::ShardLock lock(keyspace_);
  for (bool is_over = false; !is_over;) {
    if (cancelled_.load(std::memory_order_relaxed))
      return std::make_error_code(std::errc::operation_canceled);
    if (is_locking) lock.visit_shard(shard);
    const store::Entry* entry = streaming_.load(std::memory_order_relaxed);
    if (entry == nullptr) {
      is_over = true;
      std::swap(buffer_, rest_);
    } else {
      slices_->append(buffer_);
      is_over = slices_->done();
      if (is_over) {
        streamed_.store(entry, std::memory_order_relaxed);
        streaming_.store(nullptr, std::memory_order_relaxed);
      }
    }
    lock.unlock();
    if (const auto error = output_.write(database_, buffer_.view())) return error;
    buffer_.clear();
    step_aside();
  }
  slices_.reset();
  return {};
}

std::error_code Snapshot::write_queued() {
  std::vector<Chunk> chunks;
  {
    const base::MutexLock lock(queue_mutex_);
    chunks.swap(queue_);
    is_pressed_ = std::exchange(queued_bytes_, 0) > snapshot_patience_bytes;
  }
  for (const Chunk& chunk : chunks) {
    if (const auto error = output_.write(chunk.database, chunk.records.view())) return error;
    step_aside();
  }
  if (is_behind_.load(std::memory_order_relaxed)) release_writers();
  return {};
}

// No lock is held here. A thread of lower priority would do the same, but could not be given its
// priority back when writers wait for it, and could be kept from its core while it has a lock.
void Snapshot::step_aside() {
  const std::int64_t now_us = base::steady_us();
  if (is_pressed_ || now_us < own_until_us_) return;
  std::this_thread::yield();
  const std::int64_t back_us = base::steady_us();
  own_until_us_ = back_us + (back_us - now_us) / snapshot_share;
}

void Snapshot::release_writers() {
  is_behind_.store(false, std::memory_order_relaxed);
  is_behind_.notify_all();
}

void Snapshot::end() {
  constexpr std::chrono::milliseconds pause{1};
  store::ShardLock lock(keyspace_);
  // A loop that waits for the snapshot cannot go on with the script that the snapshot waits for.
  while (!lock.lock_all()) {
    release_writers();
    std::this_thread::sleep_for(pause);
  }
  lock.end_snapshot();
  lock.unlock();
}

void Snapshot::abandon() {
  end();
  store::ShardLock lock(keyspace_);
  for (std::size_t shard = 0; shard < store::shard_count; ++shard) {
    lock.visit_shard(shard);
    while (store::Table* table = lock.open_walk(shard))
      table->abandon_walk();
    lock.unlock();
  }
  std::vector<store::Table> tables;
  {
    const base::MutexLock guard(queue_mutex_);
    tables.swap(adopted_);
    queue_.clear();
    queued_bytes_ = 0;
  }
  if (!tables.empty()) reclaimer_.discard(std::move(tables));
  release_writers();
}

}  // namespace duplex::server
