// Problems, and the repair of the only kind that can be repaired.
#include "check/report.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace duplex::check {

void Report::complain(std::string problem) {
  lines_.push_back("BROKEN: " + problem);
  problems_.push_back(std::move(problem));
}

void Report::complain_torn(std::string problem, TornTail tail) {
  complain(std::move(problem));
  torn_tail_ = std::move(tail);
}

void Report::mark_later(TornTail tail, bool may_be_cut) {
  // The first file with something later decides: those behind it are not cut.
  if (later_) {
    later_may_be_cut_ = false;
    return;
  }
  later_ = std::move(tail);
  later_may_be_cut_ = may_be_cut;
}

std::string fix_tail(const TornTail& tail) {
  const auto last_error = [] { return std::system_category().message(errno); };
  const int descriptor = open(tail.path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  std::string error;
  if (ftruncate(descriptor, static_cast<off_t>(tail.good_end)) != 0 || fsync(descriptor) != 0)
    error = last_error();
  close(descriptor);
  return error;
}

}  // namespace duplex::check
