// What a check has found: lines about what is there, and problems with their place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::check {

// The end of the last file is not whole, as a crash leaves it: what would be cut.
struct TornTail {
  std::string path;
  std::uint64_t good_end = 0;  // the length of what stays
  std::uint64_t bytes = 0;     // of what goes
};

// Collects in the order of the check.
//
// Thread: confined to its owner.
class Report {
 public:
  void say(std::string line) { lines_.push_back(std::move(line)); }
  // Something is broken: a sentence with file and offset.
  void complain(std::string problem);
  // The same, for what fix_tail() can repair. Requires: at most one per report.
  void complain_torn(std::string problem, TornTail tail);

  // From here on everything was written later than asked for. With `may_be_cut` it may go.
  void mark_later(TornTail tail, bool may_be_cut);

  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<std::string>& problems() const { return problems_; }
  const std::optional<TornTail>& torn_tail() const { return torn_tail_; }
  // What was written later than asked for, if it is all in one file.
  const std::optional<TornTail>& later() const { return later_; }
  bool later_may_be_cut() const { return later_may_be_cut_; }
  // Whether cutting the tail repairs everything that is broken.
  bool is_fixable() const { return torn_tail_ && problems_.size() == 1; }

 private:
  std::vector<std::string> lines_;
  std::vector<std::string> problems_;
  std::optional<TornTail> torn_tail_;
  std::optional<TornTail> later_;
  bool later_may_be_cut_ = false;
};

// Cuts the tail off and syncs the file. Returns why that was not possible, or nothing.
std::string fix_tail(const TornTail& tail);

}  // namespace duplex::check
