// A large sorted set: its members found by their text, and in their order.
#pragma once

#include "base/hash.h"
#include "store/page_table.h"
#include "store/sorted_tree.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::store {

// A pointer to a member, as a table's slot.
class ScoredSlot {
 public:
  ScoredSlot() = default;
  explicit ScoredSlot(ScoredMember* member) : member_(member) {}

  ScoredMember* member() const { return member_; }
  std::uint64_t hash() const { return base::hash_bytes(member_->text()); }
  bool equals(std::string_view text) const { return member_->text() == text; }
  const void* target() const { return member_; }
  bool is_timed() const { return false; }
  std::int64_t due_ms() const { return never_due; }
  void destroy() const { ScoredMember::destroy(member_); }

 private:
  ScoredMember* member_ = nullptr;
};

// Thread: under the lock of its sorted set's shard.
// Invariant: the index, which owns the members, and the tree hold the same ones.
class RankedMembers {
 public:
  using Index = PageTable<ScoredSlot>;

  RankedMembers() = default;
  // Takes over members that no tree holds yet, and puts them in order.
  explicit RankedMembers(Index members);

  std::size_t size() const { return tree_.size(); }
  const Index& index() const { return index_; }
  const SortedTree& tree() const { return tree_; }

  // Empty if there is no such member. Valid until the next insert or erase.
  Index::Position find(std::string_view text, std::uint64_t hash) const {
    return index_.find(text, hash);
  }
  // Requires: the text is not there.
  void insert(double score, std::string_view text, std::uint64_t hash);
  void change_score(ScoredMember* member, double score) { tree_.change_score(member, score); }
  void erase(Index::Position position, std::uint64_t hash);
  // Takes out `count` members from a rank on. Requires: they are there.
  void erase_range(std::size_t rank, std::size_t count);

  // For collection.h: `value` is a RankedMembers.
  static void destroy(void* value) { delete static_cast<RankedMembers*>(value); }
  static void* clone(const void* value);
  static std::size_t memory_bytes(const void* value, std::size_t samples);
  static bool is_heavy(const void* value);

 private:
  Index index_;
  SortedTree tree_;
};

}  // namespace duplex::store
