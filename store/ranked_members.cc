// A large sorted set: its members found by their text, and in their order.
#include "store/ranked_members.h"

#include "base/memory.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace duplex::store {

RankedMembers::RankedMembers(Index members) : index_(std::move(members)) {
  struct Item {
    double score;
    ScoredMember* member;
  };
  std::vector<Item> items;
  items.reserve(index_.size());
  index_.for_each([&](const ScoredSlot& slot) {
    items.push_back({slot.member()->score(), slot.member()});
  });
  std::ranges::sort(items, [](const Item& a, const Item& b) {
    return a.score != b.score ? a.score < b.score : a.member->text() < b.member->text();
  });
  for (const Item& item : items)
    tree_.insert(item.member);
}

void RankedMembers::insert(double score, std::string_view text, std::uint64_t hash) {
  ScoredMember* member = ScoredMember::make(score, text);
  index_.insert(hash, ScoredSlot(member));
  tree_.insert(member);
}

void RankedMembers::erase(Index::Position position, std::uint64_t hash) {
  ScoredMember* member = position.slot->member();
  tree_.erase(member);
  index_.erase(position, hash);
  ScoredMember::destroy(member);
}

void RankedMembers::erase_range(std::size_t rank, std::size_t count) {
  for (; count > 0; --count) {
    const std::string_view text = tree_.at(rank).member()->text();
    const std::uint64_t hash = base::hash_bytes(text);
    erase(index_.find(text, hash), hash);
  }
}

void* RankedMembers::clone(const void* value) {
  auto copy = std::make_unique<RankedMembers>();
  for (auto at = static_cast<const RankedMembers*>(value)->tree_.at(0); at; at.next()) {
    const std::string_view text = at.member()->text();
    copy->insert(at.member()->score(), text, base::hash_bytes(text));
  }
  return copy.release();
}

std::size_t RankedMembers::memory_bytes(const void* value, std::size_t samples) {
  const auto& members = *static_cast<const RankedMembers*>(value);
  const std::size_t step = std::max<std::size_t>(members.size() / samples, 1);
  std::size_t bytes = 0;
  std::size_t seen = 0;
  for (std::size_t rank = 0; rank < members.size(); rank += step, ++seen)
    bytes += base::usable_size(members.tree_.at(rank).member());
  const std::size_t of_members = seen == 0 ? 0 : bytes * members.size() / seen;
  return sizeof members + members.index_.memory_bytes() + members.tree_.memory_bytes() + of_members;
}

bool RankedMembers::is_heavy(const void* value) {
  constexpr std::size_t light_members_max = 64;
  return static_cast<const RankedMembers*>(value)->size() > light_members_max;
}

}  // namespace duplex::store
