// What the server counts: each loop writes its own numbers, INFO sums them.
#include "commands/statistics.h"

namespace duplex::commands {

void LoopStatistics::reset() {
  for (std::size_t i = 0; i < command_count_; ++i) {
    CommandStatistics& command = commands_[i];
    command.calls.reset();
    command.ticks.reset();
    command.rejected.reset();
    command.failed.reset();
    for (Counter& bucket : command.histogram)
      bucket.reset();
  }
  for (Counter* counter : {&commands_processed,
                           &connections_received,
                           &keyspace_hits,
                           &keyspace_misses,
                           &expired_keys,
                           &evicted_keys,
                           &evicted_clients,
                           &error_replies})
    counter->reset();
  const base::MutexLock lock(mutex_);
  errors_.clear();
}

}  // namespace duplex::commands
