// Which clients have read which key: what one shard's keys add to the tracking table.
#include "commands/tracked_keys.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace duplex::commands {

TrackedKey* TrackedKey::make(std::string_view key, Reader reader) {
  void* const block = ::operator new(sizeof(TrackedKey) + key.size());
  auto* const made = new (block) TrackedKey(key.size(), reader);
  if (!key.empty()) std::memcpy(static_cast<void*>(made + 1), key.data(), key.size());
  return made;
}

void TrackedKey::destroy() {
  this->~TrackedKey();
  ::operator delete(this);
}

bool TrackedKey::has(Reader reader) const {
  if (!others_) [[likely]]
    return first_ == reader;
  return std::binary_search(others_->begin(), others_->end(), reader);
}

void TrackedKey::add(Reader reader) {
  if (!others_) {
    others_ = std::make_unique<std::vector<Reader>>();
    others_->push_back(first_);
  }
  others_->insert(std::lower_bound(others_->begin(), others_->end(), reader), reader);
}

void TrackedKey::append_readers(std::vector<Reader>& readers) const {
  if (others_)
    readers.insert(readers.end(), others_->begin(), others_->end());
  else
    readers.push_back(first_);
}

TrackedKeys::Added TrackedKeys::add(const store::HashedKey& key, Reader reader) {
  if (const auto at = table_.find(key.key, key.hash)) {
    TrackedKey& known = **at.slot;
    if (known.has(reader)) [[likely]]
      return Added::nothing;
    if (known.reader_count() >= readers_max) return Added::full;
    known.add(reader);
    return Added::reader;
  }
  table_.insert(key.hash, Slot(TrackedKey::make(key.key, reader)));
  return Added::key;
}

bool TrackedKeys::take(const store::HashedKey& key, std::vector<Reader>& readers) {
  readers.clear();
  const auto at = table_.find(key.key, key.hash);
  if (!at) return false;
  const Slot slot = table_.erase(at, key.hash);
  slot->append_readers(readers);
  slot.destroy();
  return true;
}

std::string_view TrackedKeys::random_key(std::uint64_t random) const {
  return (*table_.random_slot(random))->key();
}

}  // namespace duplex::commands
