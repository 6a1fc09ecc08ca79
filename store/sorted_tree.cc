// The members of a sorted set in their order: a B+ tree that also counts.
#include "store/sorted_tree.h"

#include "base/assert.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace duplex::store {

namespace {

// The first of the numbers below `count` for which `before` is false.
template <typename Before>
std::size_t first_not(std::size_t count, const Before& before) {
  std::size_t low = 0;
  while (count > 0) {
    const std::size_t half = count / 2;
    if (before(low + half)) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

template <typename Array>
void open_gap(Array& array, std::size_t index, std::size_t count) {
  std::copy_backward(array.begin() + static_cast<std::ptrdiff_t>(index),
                     array.begin() + static_cast<std::ptrdiff_t>(count),
                     array.begin() + static_cast<std::ptrdiff_t>(count) + 1);
}

template <typename Array>
void close_gap(Array& array, std::size_t index, std::size_t count) {
  std::copy(array.begin() + static_cast<std::ptrdiff_t>(index) + 1,
            array.begin() + static_cast<std::ptrdiff_t>(count),
            array.begin() + static_cast<std::ptrdiff_t>(index));
}

// Copies `count` elements from one place of an array to a place of another.
template <typename Array>
void copy_part(const Array& from, std::size_t at, std::size_t count, Array& to, std::size_t place) {
  std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at),
              count,
              to.begin() + static_cast<std::ptrdiff_t>(place));
}

// Nodes that are less than a quarter full are merged with a neighbour if both together leave a
// quarter free, so that the next few changes neither split nor merge again.
constexpr bool is_sparse(std::size_t count, std::size_t max) { return count < max / 4; }
constexpr bool fit_together(std::size_t a, std::size_t b, std::size_t max) {
  return a + b <= max / 4 * 3;
}

// Orders as the tree does, against a member that need not exist.
struct BeforeMember {
  double score;
  std::string_view text;

  bool operator()(double other, const ScoredMember* member) const {
    return other < score || (other == score && member->text() < text);
  }
};
// The same, and true for the member itself.
struct UpToMember {
  double score;
  std::string_view text;

  bool operator()(double other, const ScoredMember* member) const {
    return other < score || (other == score && member->text() <= text);
  }
};

}  // namespace

ScoredMember* ScoredMember::make(double score, std::string_view text) {
  auto* member = static_cast<ScoredMember*>(
      ::operator new(std::max(sizeof(ScoredMember), text_offset + text.size())));
  new (member) ScoredMember();
  member->score_ = score;
  member->size_ = static_cast<std::uint32_t>(text.size());
  std::memcpy(reinterpret_cast<char*>(member) + text_offset, text.data(), text.size());
  return member;
}

void ScoredMember::destroy(ScoredMember* member) {
  ::operator delete(member);
}

void SortedTree::Branch::put(std::size_t index, const Child& child) {
  open_gap(scores, index, count);
  open_gap(children, index, count);
  scores[index] = child.first->score();
  children[index] = child;
  ++count;
}

void SortedTree::Branch::take(std::size_t index) {
  close_gap(scores, index, count);
  close_gap(children, index, count);
  --count;
}

void SortedTree::Branch::set_first(std::size_t index, ScoredMember* first) {
  scores[index] = first->score();
  children[index].first = first;
}

std::size_t SortedTree::Branch::size() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += children[i].size;
  return sum;
}

template <typename Before>
std::size_t SortedTree::count_while(const Before& before) const {
  if (root_ == nullptr) return 0;
  std::size_t sum = 0;
  const void* node = root_;
  for (std::size_t level = 0; level < levels_; ++level) {
    const auto& branch = *static_cast<const Branch*>(node);
    const std::size_t child = first_not(branch.count - 1, [&](std::size_t i) {
      return before(branch.scores[i + 1], branch.children[i + 1].first);
    });
    for (std::size_t i = 0; i < child; ++i)
      sum += branch.children[i].size;
    node = branch.children[child].node;
  }
  const auto& leaf = *static_cast<const Leaf*>(node);
  return sum + first_not(leaf.count, [&](std::size_t i) {
           return before(leaf.members[i]->score(), leaf.members[i]);
         });
}

template <typename Before>
void SortedTree::descend(const Before& before, Path& path) const {
  void* node = root_;
  for (std::size_t level = 0; level < levels_; ++level) {
    auto& branch = *static_cast<Branch*>(node);
    const std::size_t child = first_not(branch.count - 1, [&](std::size_t i) {
      return before(branch.scores[i + 1], branch.children[i + 1].first);
    });
    path.steps[level] = {&branch, child};
    node = branch.children[child].node;
  }
  path.leaf = static_cast<Leaf*>(node);
}

void SortedTree::find(const ScoredMember* member, Path& path) const {
  descend(UpToMember{member->score(), member->text()}, path);
  const auto end = path.leaf->members.begin() + static_cast<std::ptrdiff_t>(path.leaf->count);
  const auto place = std::find(path.leaf->members.begin(), end, member);
  DUPLEX_ASSERT(place != end);
  path.index = static_cast<std::size_t>(place - path.leaf->members.begin());
}

// Moves what stands from `at` on to a new leaf behind this one.
SortedTree::Child SortedTree::split(Leaf& leaf, std::size_t at) {
  auto* right = new Leaf;
  ++leaves_;
  right->count = leaf.count - at;
  copy_part(leaf.members, at, right->count, right->members, 0);
  leaf.count = at;
  right->previous = &leaf;
  right->next = leaf.next;
  if (leaf.next != nullptr) leaf.next->previous = right;
  leaf.next = right;
  return {right, right->count, nullptr};
}

SortedTree::Child SortedTree::split(Branch& branch, std::size_t at) {
  auto* right = new Branch;
  ++branches_;
  right->count = branch.count - at;
  copy_part(branch.scores, at, right->count, right->scores, 0);
  copy_part(branch.children, at, right->count, right->children, 0);
  branch.count = at;
  return {right, 0, nullptr};
}

// Puts a member into the leaf at the end of the path; returns the leaf that had to be added behind
// it, if any. A full leaf at either end of the tree stays full: members that come in order fill it.
SortedTree::Child SortedTree::put(Path& path, ScoredMember* member) {
  Leaf* leaf = path.leaf;
  std::size_t index = path.index;
  Child added;
  if (leaf->count == leaf_members_max) {
    const bool at_end = index == leaf->count && leaf->next == nullptr;
    const bool at_front = index == 0 && leaf->previous == nullptr;
    const std::size_t at = at_end ? leaf->count : at_front ? 0 : leaf->count / 2;
    added = split(*leaf, at);
    if (index > at || at_end) {
      leaf = static_cast<Leaf*>(added.node);
      index -= at;
    }
  }
  open_gap(leaf->members, index, leaf->count);
  leaf->members[index] = member;
  ++leaf->count;
  if (added.node == nullptr) return added;
  const auto* right = static_cast<const Leaf*>(added.node);
  return {added.node, right->count, right->members[0]};
}

// The same for a child of a branch.
SortedTree::Child SortedTree::put(
    Branch& branch, std::size_t index, const Child& child, bool is_first, bool is_last) {
  if (branch.count < branch_children_max) {
    branch.put(index, child);
    return {};
  }
  const bool at_end = is_last && index == branch.count;
  // What stands at the front of the tree stays alone with its new neighbour.
  const bool at_front = is_first && index == 1;
  const std::size_t at = at_end ? branch.count : at_front ? 1 : branch.count / 2;
  Child added = split(branch, at);
  auto* right = static_cast<Branch*>(added.node);
  if (index > at || at_end)
    right->put(index - at, child);
  else
    branch.put(index, child);
  added.size = right->size();
  added.first = right->children[0].first;
  return added;
}

void SortedTree::insert(ScoredMember* member) {
  ++size_;
  if (root_ == nullptr) {
    auto* leaf = new Leaf;
    ++leaves_;
    leaf->count = 1;
    leaf->members[0] = member;
    root_ = leaf;
    return;
  }
  Path path;
  const BeforeMember before{member->score(), member->text()};
  descend(before, path);
  path.index = first_not(path.leaf->count, [&](std::size_t i) {
    return before(path.leaf->members[i]->score(), path.leaf->members[i]);
  });
  const bool is_first = path.leaf->previous == nullptr;
  const bool is_last = path.leaf->next == nullptr;
  Child added = put(path, member);
  ScoredMember* first = path.leaf->members[0];
  for (std::size_t level = levels_; level-- > 0;) {
    const auto [branch, index] = path.steps[level];
    branch->children[index].size += 1 - added.size;
    branch->set_first(index, first);
    if (added.node != nullptr) added = put(*branch, index + 1, added, is_first, is_last);
    first = branch->children[0].first;
  }
  if (added.node == nullptr) return;
  auto* root = new Branch;
  ++branches_;
  root->put(0, {root_, size_ - added.size, first});
  root->put(1, added);
  root_ = root;
  ++levels_;
}

void SortedTree::free_leaf(Leaf* leaf) {
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
  delete leaf;
  --leaves_;
}

void SortedTree::merge_leaves(Branch& branch, std::size_t left) {
  auto* to = static_cast<Leaf*>(branch.children[left].node);
  auto* from = static_cast<Leaf*>(branch.children[left + 1].node);
  copy_part(from->members, 0, from->count, to->members, to->count);
  to->count += from->count;
  branch.children[left].size += branch.children[left + 1].size;
  branch.take(left + 1);
  free_leaf(from);
}

void SortedTree::merge_branches(Branch& branch, std::size_t left) {
  auto* to = static_cast<Branch*>(branch.children[left].node);
  auto* from = static_cast<Branch*>(branch.children[left + 1].node);
  copy_part(from->scores, 0, from->count, to->scores, to->count);
  copy_part(from->children, 0, from->count, to->children, to->count);
  to->count += from->count;
  branch.children[left].size += branch.children[left + 1].size;
  branch.take(left + 1);
  delete from;
  --branches_;
}

// Takes out a child that has become empty, or merges it with a neighbour if it has become sparse.
void SortedTree::mend(Branch& branch, std::size_t index, bool of_leaves) {
  const auto count_of = [&](std::size_t i) {
    const void* node = branch.children[i].node;
    return of_leaves ? static_cast<const Leaf*>(node)->count
                     : static_cast<const Branch*>(node)->count;
  };
  const std::size_t max = of_leaves ? leaf_members_max : branch_children_max;
  const std::size_t count = count_of(index);
  if (count == 0) {
    if (of_leaves) {
      free_leaf(static_cast<Leaf*>(branch.children[index].node));
    } else {
      delete static_cast<Branch*>(branch.children[index].node);
      --branches_;
    }
    return branch.take(index);
  }
  if (!is_sparse(count, max)) return;
  std::size_t left = index;
  if (index + 1 == branch.count || !fit_together(count, count_of(index + 1), max)) {
    if (index == 0 || !fit_together(count, count_of(index - 1), max)) return;
    left = index - 1;
  }
  if (of_leaves)
    merge_leaves(branch, left);
  else
    merge_branches(branch, left);
}

void SortedTree::erase(const ScoredMember* member) {
  Path path;
  find(member, path);
  --size_;
  Leaf* leaf = path.leaf;
  close_gap(leaf->members, path.index, leaf->count);
  --leaf->count;
  ScoredMember* first = leaf->count == 0 ? nullptr : leaf->members[0];
  for (std::size_t level = levels_; level-- > 0;) {
    const auto [branch, index] = path.steps[level];
    --branch->children[index].size;
    if (first != nullptr) branch->set_first(index, first);
    mend(*branch, index, level + 1 == levels_);
    first = branch->count == 0 ? nullptr : branch->children[0].first;
  }
  if (size_ == 0) return clear();
  while (levels_ > 0 && static_cast<Branch*>(root_)->count == 1) {
    auto* branch = static_cast<Branch*>(root_);
    root_ = branch->children[0].node;
    delete branch;
    --branches_;
    --levels_;
  }
}

// Tells the branches above a leaf who is its first member, after that or its score changed.
void SortedTree::note_first(Path& path) {
  for (std::size_t level = levels_; level-- > 0;) {
    const auto [branch, index] = path.steps[level];
    branch->set_first(index, path.leaf->members[0]);
    if (index != 0) return;
  }
}

void SortedTree::change_score(ScoredMember* member, double score) {
  Path path;
  find(member, path);
  const BeforeMember before{score, member->text()};
  const Leaf& leaf = *path.leaf;
  const auto is_before = [&](std::size_t i) {
    return before(leaf.members[i]->score(), leaf.members[i]);
  };
  // Most changes are small: the member keeps its place between two others of its leaf.
  const bool keeps_left = path.index > 0 ? is_before(path.index - 1) : leaf.previous == nullptr;
  const bool keeps_right =
      path.index + 1 < leaf.count ? !is_before(path.index + 1) : leaf.next == nullptr;
  if (keeps_left && keeps_right) {
    member->change_score(score);
    if (path.index == 0) note_first(path);
    return;
  }
  erase(member);
  member->change_score(score);
  insert(member);
}

std::size_t SortedTree::rank(const ScoredMember* member) const {
  Path path;
  find(member, path);
  std::size_t sum = path.index;
  for (std::size_t level = 0; level < levels_; ++level)
    for (std::size_t i = 0; i < path.steps[level].index; ++i)
      sum += path.steps[level].branch->children[i].size;
  return sum;
}

SortedTree::Cursor SortedTree::at(std::size_t rank) const {
  if (rank >= size_) return {};
  const void* node = root_;
  for (std::size_t level = 0; level < levels_; ++level) {
    const auto& branch = *static_cast<const Branch*>(node);
    std::size_t child = 0;
    while (rank >= branch.children[child].size)
      rank -= branch.children[child++].size;
    node = branch.children[child].node;
  }
  return {static_cast<const Leaf*>(node), rank};
}

std::size_t SortedTree::count_below(double score) const {
  return count_while([&](double other, const ScoredMember*) { return other < score; });
}

std::size_t SortedTree::count_up_to(double score) const {
  return count_while([&](double other, const ScoredMember*) { return other <= score; });
}

std::size_t SortedTree::count_below(std::string_view text) const {
  return count_while([&](double, const ScoredMember* member) { return member->text() < text; });
}

std::size_t SortedTree::count_up_to(std::string_view text) const {
  return count_while([&](double, const ScoredMember* member) { return member->text() <= text; });
}

void SortedTree::clear(void* node, std::size_t level) {
  if (level == levels_) {
    delete static_cast<Leaf*>(node);
    return;
  }
  auto* branch = static_cast<Branch*>(node);
  for (std::size_t i = 0; i < branch->count; ++i)
    clear(branch->children[i].node, level + 1);
  delete branch;
}

void SortedTree::clear() {
  if (root_ != nullptr) clear(root_, 0);
  root_ = nullptr;
  levels_ = 0;
  size_ = 0;
  leaves_ = 0;
  branches_ = 0;
}

}  // namespace duplex::store
