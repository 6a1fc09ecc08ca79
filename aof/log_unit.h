// One unit of the log: the effects of a command, a transaction or a script, encoded.
#pragma once

#include "base/buffer.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace duplex::aof {

// Collects the effects of one atomic unit as RESP arrays, so that Log::append() has only bytes to
// copy. Several effects are wrapped in MULTI … EXEC; one stands alone.
//
//   | MULTI | first effect | [SELECT] | next effect | … | EXEC |
//           ^ where the bytes begin when there is one effect
//
// The SELECT before the unit is not here: only the Log knows which database the stream is in.
//
// Thread: confined to its owner, who reuses it: clear() keeps the memory up to a limit.
class LogUnit {
 public:
  LogUnit() { clear(); }

  // Adds one effect on database `db`. Requires: args is not empty, and bytes() was not called yet.
  void add(int db, std::span<const std::string_view> args);

  bool empty() const { return effects_ == 0; }
  std::size_t effects() const { return effects_; }

  // The database that must be selected before the unit, and the one selected after it.
  int first_db() const { return first_db_; }
  int last_db() const { return last_db_; }

  // The encoded unit, closed with EXEC when it has several effects. Valid until clear() or the end
  // of the unit. Requires: !empty().
  std::string_view bytes();

  void clear();

 private:
  base::Buffer buffer_;
  std::size_t effects_ = 0;
  int first_db_ = -1;
  int last_db_ = -1;
  bool closed_ = false;
};

// Appends one record: an array of bulk strings.
void append_record(base::Buffer& out, std::span<const std::string_view> args);
// Appends the record that selects a database.
void append_select(base::Buffer& out, int db);

}  // namespace duplex::aof
