// CLIENT TRACKING: who has read which key, and who has to be told that it has changed.
#include "commands/tracking.h"

#include "base/assert.h"

#include <utility>

namespace duplex::commands {

namespace {

// How many changed keys a loop gathers for prefixes before it tells, in the middle of a command if
// need be.
constexpr std::size_t noted_keys_max = 16 * 1024;

}  // namespace

Tracking::Tracking(std::size_t loops)
    : loops_(std::make_unique<Loop[]>(loops)), loop_count_(loops) {
  DUPLEX_ASSERT(loops <= Reader::loops_max);
}

Tracking::~Tracking() = default;

void Tracking::attach(std::size_t loop, Wake wake) {
  loops_[loop].wake = std::move(wake);
}

void Tracking::remember(const store::HashedKey& key, Reader reader) {
  Shard& shard = shards_[key.shard()];
  if (!shard.keys) shard.keys = std::make_unique<TrackedKeys>();
  switch (shard.keys->add(key, reader)) {
    case TrackedKeys::Added::nothing:
      return;
    case TrackedKeys::Added::key:
      shard.size.store(static_cast<std::uint32_t>(shard.keys->size()), std::memory_order_relaxed);
      keys_.fetch_add(1, std::memory_order_relaxed);
      break;
    case TrackedKeys::Added::reader:
      break;
    case TrackedKeys::Added::full:
      forget_read(key, reader.loop(), 0);
      return remember(key, reader);
  }
  items_.fetch_add(1, std::memory_order_relaxed);
}

void Tracking::forget_read(const store::HashedKey& key, std::size_t loop, std::uint64_t during) {
  Shard& shard = shards_[key.shard()];
  std::vector<Reader>& readers = loops_[loop].readers;
  if (!shard.keys || !shard.keys->take(key, readers)) return;
  shard.size.store(static_cast<std::uint32_t>(shard.keys->size()), std::memory_order_relaxed);
  keys_.fetch_sub(1, std::memory_order_relaxed);
  items_.fetch_sub(readers.size(), std::memory_order_relaxed);
  const base::SharedBytes keys = encoded_keys({&key.key, 1});
  for (const Reader reader : readers)
    send(loop,
         reader.loop(),
         {.source = Invalidation::Source::read_key,
          .client = reader.client(),
          .during = during,
          .keys = keys});
}

bool Tracking::forget_one(std::size_t shard, std::size_t loop, std::uint64_t random) {
  const auto& keys = shards_[shard].keys;
  if (!keys || keys->size() == 0) return false;
  const std::string key(keys->random_key(random));
  forget_read(store::HashedKey(key), loop, 0);
  return true;
}

std::shared_ptr<void> Tracking::forget_all(std::size_t loop) {
  if (client_count() != 0)
    for (std::size_t to = 0; to < loop_count_; ++to)
      if (loops_[to].wake)
        send(loop,
             to,
             {.source = Invalidation::Source::flush, .client = 0, .during = 0, .keys = {}});
  if (key_count() == 0) return nullptr;
  auto forgotten = std::make_shared<std::vector<std::unique_ptr<TrackedKeys>>>();
  for (Shard& shard : shards_) {
    if (shard.keys) forgotten->push_back(std::move(shard.keys));
    shard.size.store(0, std::memory_order_relaxed);
  }
  keys_.store(0, std::memory_order_relaxed);
  items_.store(0, std::memory_order_relaxed);
  return forgotten;
}

void Tracking::note_change(std::string_view key, const Writer& writer) {
  BroadcastChanges& changes = loops_[writer.loop].changes;
  prefixes_.note(changes, key, writer.changed_by);
  if (changes.size() >= noted_keys_max) broadcast(writer.loop);
}

void Tracking::broadcast(std::size_t loop) {
  BroadcastChanges& changes = loops_[loop].changes;
  if (changes.size() == 0) return;
  prefixes_.drain(changes, [&](Reader reader, const base::SharedBytes& keys) {
    send(loop,
         reader.loop(),
         {.source = Invalidation::Source::prefix,
          .client = reader.client(),
          .during = 0,
          .keys = keys});
  });
}

void Tracking::send(std::size_t from, std::size_t to, Invalidation invalidation) {
  Loop& loop = loops_[to];
  bool was_waiting = false;
  {
    const base::MutexLock lock(loop.mutex);
    loop.queue.push_back(std::move(invalidation));
    was_waiting = loop.waiting.exchange(true, std::memory_order_acq_rel);
  }
  if (from != to && !was_waiting && loop.wake) loop.wake();
}

std::vector<Invalidation> Tracking::take(std::size_t loop) {
  if (!has_invalidations(loop)) return {};
  const base::MutexLock lock(loops_[loop].mutex);
  loops_[loop].waiting.store(false, std::memory_order_release);
  return std::exchange(loops_[loop].queue, {});
}

}  // namespace duplex::commands
