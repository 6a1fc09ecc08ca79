// The members of a sorted set in their order: a B+ tree that also counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::store {

// A member with its score, in one allocation:
//
//   score 8 | size 4 | text
class ScoredMember {
 public:
  ScoredMember(const ScoredMember&) = delete;
  ScoredMember& operator=(const ScoredMember&) = delete;

  static ScoredMember* make(double score, std::string_view text);
  static void destroy(ScoredMember* member);

  double score() const { return score_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(this) + text_offset, size_};
  }
  // Requires: no tree that holds the member relies on its score.
  void change_score(double score) { score_ = score; }

 private:
  static constexpr std::size_t text_offset = sizeof(double) + sizeof(std::uint32_t);

  ScoredMember() = default;

  double score_;
  std::uint32_t size_;
};

// Members ordered by score, then by the bytes of their text. A leaf holds nothing but pointers; a
// branch holds for each child how many members are below it, and the first of them with its score.
// So a search reads a member only in its last steps, and a place is found by its rank as fast.
//
// Thread: as its owner says. Lifetime: members belong to somebody else and outlive the tree, or are
// erased from it.
// Invariant: no node is empty, but for a tree without members, which has none.
class SortedTree {
  struct Leaf;

 public:
  // A member's place. Valid until the next change of the tree.
  class Cursor {
   public:
    Cursor() = default;

    explicit operator bool() const { return leaf_ != nullptr; }
    ScoredMember* member() const { return leaf_->members[index_]; }
    // One further; beyond the ends there is no member.
    inline void next();
    inline void previous();

   private:
    friend class SortedTree;
    Cursor(const Leaf* leaf, std::size_t index) : leaf_(leaf), index_(index) {}

    const Leaf* leaf_ = nullptr;
    std::size_t index_ = 0;
  };

  SortedTree() = default;
  SortedTree(const SortedTree&) = delete;
  SortedTree& operator=(const SortedTree&) = delete;
  ~SortedTree() { clear(); }

  std::size_t size() const { return size_; }

  // Requires: no member with the same score and text is there.
  void insert(ScoredMember* member);
  // Requires: the member is in the tree.
  void erase(const ScoredMember* member);
  // Gives a member that is in the tree another score and its place.
  void change_score(ScoredMember* member, double score);
  // Forgets all members.
  void clear();

  // How many members stand before this one. Requires: it is in the tree.
  std::size_t rank(const ScoredMember* member) const;
  // The member before which `rank` others stand; empty if there are not that many.
  Cursor at(std::size_t rank) const;

  // How many members have a lower score, or one up to this score.
  std::size_t count_below(double score) const;
  std::size_t count_up_to(double score) const;
  // The same for the text. Requires: all members have the same score.
  std::size_t count_below(std::string_view text) const;
  std::size_t count_up_to(std::string_view text) const;

  // Bytes of the nodes.
  std::size_t memory_bytes() const { return leaves_ * sizeof(Leaf) + branches_ * sizeof(Branch); }

 private:
  static constexpr std::size_t leaf_members_max = 61;
  static constexpr std::size_t branch_children_max = 32;
  // Each level but the last has more than four children for a node on average.
  static constexpr std::size_t levels_max = 32;

  struct Leaf {
    std::size_t count = 0;
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    std::array<ScoredMember*, leaf_members_max> members;
  };
  static_assert(sizeof(Leaf) == 512);

  struct Child {
    void* node = nullptr;
    std::size_t size = 0;  // members below
    ScoredMember* first = nullptr;
  };
  // `scores` are those of the first members.
  struct Branch {
    std::size_t count = 0;
    std::array<double, branch_children_max> scores;
    std::array<Child, branch_children_max> children;

    void put(std::size_t index, const Child& child);
    void take(std::size_t index);
    void set_first(std::size_t index, ScoredMember* first);
    std::size_t size() const;
  };

  // The way from the root to a leaf.
  struct Step {
    Branch* branch;
    std::size_t index;
  };
  struct Path {
    std::array<Step, levels_max> steps;
    Leaf* leaf = nullptr;
    std::size_t index = 0;  // in the leaf
  };

  // Where the first member stands for which `before(score, member)` is false, and how many stand
  // before it. The member is read only where its score does not decide.
  template <typename Before>
  std::size_t count_while(const Before& before) const;
  template <typename Before>
  void descend(const Before& before, Path& path) const;
  // The way to a member that is in the tree.
  void find(const ScoredMember* member, Path& path) const;

  Child split(Leaf& leaf, std::size_t at);
  Child split(Branch& branch, std::size_t at);
  Child put(Path& path, ScoredMember* member);
  Child put(Branch& branch, std::size_t index, const Child& child, bool is_first, bool is_last);
  void free_leaf(Leaf* leaf);
  void merge_leaves(Branch& branch, std::size_t left);
  void merge_branches(Branch& branch, std::size_t left);
  void mend(Branch& branch, std::size_t index, bool of_leaves);
  void note_first(Path& path);
  void clear(void* node, std::size_t level);

  void* root_ = nullptr;    // a leaf if levels_ is 0
  std::size_t levels_ = 0;  // of branches
  std::size_t size_ = 0;
  std::size_t leaves_ = 0;
  std::size_t branches_ = 0;
};

inline void SortedTree::Cursor::next() {
  // Walking reads one member after the other, each somewhere else in memory.
  constexpr std::size_t ahead = 8;
  if (index_ + ahead < leaf_->count) __builtin_prefetch(leaf_->members[index_ + ahead]);
  if (++index_ < leaf_->count) return;
  leaf_ = leaf_->next;
  index_ = 0;
}

inline void SortedTree::Cursor::previous() {
  constexpr std::size_t ahead = 8;
  if (index_ >= ahead) __builtin_prefetch(leaf_->members[index_ - ahead]);
  if (index_-- > 0) return;
  leaf_ = leaf_->previous;
  index_ = leaf_ == nullptr ? 0 : leaf_->count - 1;
}

}  // namespace duplex::store
