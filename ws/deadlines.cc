// Lists of deadlines, each in the order in which they were set.
#include "ws/deadlines.h"

#include <algorithm>

namespace duplex::ws {

Deadlined::~Deadlined() {
  if (list_ != nullptr) list_->clear(*this);
}

void Deadlines::set(Deadlined& what, DeadlineKind kind, std::int64_t now_ms) {
  clear(what);
  List& list = lists_[static_cast<std::size_t>(kind)];
  const std::int64_t due_ms = now_ms + durations_ms_[static_cast<std::size_t>(kind)];
  what.due_ms_ = (due_ms + granularity_ms_ - 1) / granularity_ms_ * granularity_ms_;
  what.kind_ = kind;
  what.list_ = this;
  what.previous_ = list.last;
  what.next_ = nullptr;
  (list.last != nullptr ? list.last->next_ : list.first) = &what;
  list.last = &what;
}

void Deadlines::clear(Deadlined& what) {
  if (what.list_ == nullptr) return;
  List& list = lists_[static_cast<std::size_t>(what.kind_)];
  (what.previous_ != nullptr ? what.previous_->next_ : list.first) = what.next_;
  (what.next_ != nullptr ? what.next_->previous_ : list.last) = what.previous_;
  what.list_ = nullptr;
}

std::optional<std::int64_t> Deadlines::next_due_ms() const {
  std::optional<std::int64_t> next;
  for (const List& list : lists_)
    if (list.first != nullptr)
      next = std::min(next.value_or(list.first->due_ms_), list.first->due_ms_);
  return next;
}

void Deadlines::run(std::int64_t now_ms) {
  for (List& list : lists_) {
    while (list.first != nullptr && list.first->due_ms_ <= now_ms) {
      Deadlined& what = *list.first;
      clear(what);
      what.on_deadline(what.kind_);
    }
  }
}

}  // namespace duplex::ws
