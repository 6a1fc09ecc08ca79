// When connections have to have done something: one list per kind of deadline, no timer each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duplex::ws {

// Kinds have one duration each, so that their lists stay in order by themselves.
enum class DeadlineKind : std::uint8_t { connect, ping, pong, close };
inline constexpr std::size_t deadline_kinds = 4;

class Deadlines;

// Something with at most one deadline. Leaves its list when it is destroyed.
class Deadlined {
 public:
  Deadlined() = default;
  Deadlined(const Deadlined&) = delete;
  Deadlined& operator=(const Deadlined&) = delete;

  // The deadline has passed and is forgotten; another one may be set.
  virtual void on_deadline(DeadlineKind kind) = 0;

 protected:
  virtual ~Deadlined();

 private:
  friend class Deadlines;

  Deadlines* list_ = nullptr;  // the owner, while there is a deadline
  Deadlined* previous_ = nullptr;
  Deadlined* next_ = nullptr;
  std::int64_t due_ms_ = 0;
  DeadlineKind kind_ = DeadlineKind::connect;
};

// Setting, clearing and passing a deadline take constant time; a hundred thousand of them cost one
// timer, and those that are due within one step of `granularity_ms` one wake-up.
//
// Thread: confined to one loop. Lifetime: outlives what has deadlines here.
class Deadlines {
 public:
  using Durations = std::array<std::int64_t, deadline_kinds>;  // milliseconds, by kind

  explicit Deadlines(const Durations& durations_ms, std::int64_t granularity_ms = 100)
      : durations_ms_(durations_ms), granularity_ms_(granularity_ms) {}

  // Replaces the deadline it may have. Due times are rounded up to the granularity, so that
  // neighbours share a wake-up.
  void set(Deadlined& what, DeadlineKind kind, std::int64_t now_ms);
  void clear(Deadlined& what);
  // When run() has to be called.
  std::optional<std::int64_t> next_due_ms() const;
  // Tells those whose deadline has passed.
  void run(std::int64_t now_ms);

 private:
  struct List {
    Deadlined* first = nullptr;
    Deadlined* last = nullptr;
  };

  const Durations durations_ms_;
  const std::int64_t granularity_ms_;
  std::array<List, deadline_kinds> lists_;
};

}  // namespace duplex::ws
