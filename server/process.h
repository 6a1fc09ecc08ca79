// What the process asks of the operating system: its title, its place among others, who watches it.
#pragma once

#include "commands/services.h"
#include "server/config.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <sched.h>
#include <string>
#include <string_view>

namespace duplex::server {

// Makes room for a title where the arguments are. First thing in main(), before any thread.
void prepare_title(int argc, char** argv, char** environment);

// The title that ps shows, by proc-title-template. `config_file` may be empty.
std::string process_title(const Config& config,
                          std::string_view program,
                          std::string_view config_file);
void set_title(const std::string& title);

// Tells the supervisor that `supervised` names, or that the environment shows, that the server is
// ready, or stopping. Once each.
void tell_supervisor_ready(Supervised supervised);
void tell_supervisor_stopping(Supervised supervised);

// How willing the kernel is to end this process when memory is short, by oom-score-adj and its
// values: the first of them counts. With `no` after another mode: what it was at start.
std::expected<void, std::string> apply_oom_score(const Config& config);

// Raises the limit of descriptors to what so many clients need. Returns for how many clients there
// are descriptors now: `clients`, or fewer.
std::int64_t raise_descriptor_limit(std::int64_t clients);

// While this lives its thread, and those that it makes, run on the CPUs of a list like
// "0,2,4-7:2"; an empty list changes nothing. A list that is none, or names no CPU that is there,
// is told in the log.
//
// Thread: confined to its own.
class CpuList {
 public:
  explicit CpuList(std::string_view list, std::string_view directive);
  ~CpuList();
  CpuList(const CpuList&) = delete;
  CpuList& operator=(const CpuList&) = delete;

 private:
  std::unique_ptr<const cpu_set_t> before_;  // nullptr: nothing was changed
};

// How a signal stops the server, by shutdown-on-sigint and shutdown-on-sigterm: words of "default",
// "save", "nosave", "now", "force".
struct SignalShutdown {
  commands::ShutdownMode mode = commands::ShutdownMode::normal;
  bool force = false;
};
SignalShutdown signal_shutdown(std::string_view options);

}  // namespace duplex::server
