// Members with scores that come in no order, until all are there.
#pragma once

#include "store/entry.h"
#include "store/ranked_members.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::store {

// Thread: confined to its owner.
class GatheredScores {
 public:
  std::size_t size() const { return members_.size(); }

  // The member whose score may be changed; nullptr if it is not there.
  ScoredMember* find(std::string_view text, std::uint64_t hash) const {
    const auto at = members_.find(text, hash);
    return at ? at.slot->member() : nullptr;
  }
  // Requires: it is not there.
  void add(std::string_view text, std::uint64_t hash, double score) {
    members_.insert(hash, ScoredSlot(ScoredMember::make(score, text)));
  }

  // Makes a sorted set of them, and forgets them. Its encoding is that of one which has grown.
  EntryPtr make_sorted_set(std::string_view key);
  // The same, never packed, which forgets the sign of zeros.
  EntryPtr make_unpacked(std::string_view key);

 private:
  RankedMembers::Index members_;
};

}  // namespace duplex::store
