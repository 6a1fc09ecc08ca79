// Title, supervision, memory pressure, descriptors and CPUs by the system's own means.
#include "server/process.h"

#include "base/diagnostics.h"
#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sched.h>
#include <span>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include <bsd/unistd.h>
#include <systemd/sd-daemon.h>

namespace duplex::server {

namespace {

constexpr const char* oom_score_file = "/proc/self/oom_score_adj";
constexpr std::int64_t oom_score_min = -1000;
constexpr std::int64_t oom_score_max = 1000;

// Where the arguments were, which the title is written over.
std::span<char> arguments;

std::string listening_address(const Config& config) {
  if (config.port == 0 && !config.unixsocket.empty()) return config.unixsocket;
  const std::string address = config.bind.empty() ? "*" : config.bind.front();
  return fmt::format("{}:{}", address, config.port);
}

std::int64_t read_oom_score() {
  std::int64_t score = 0;
  std::ifstream(oom_score_file) >> score;
  return score;
}

bool is_supervised_by(Supervised word, Supervised by, const char* variable) {
  return word == by || (word == Supervised::automatic && std::getenv(variable) != nullptr);
}

// The CPUs of a list; nothing if it is none.
std::optional<cpu_set_t> parse_cpus(std::string_view list) {
  cpu_set_t set;
  CPU_ZERO(&set);
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    const std::size_t colon = part.find(':');
    const std::string_view range = part.substr(0, colon);
    const std::size_t dash = range.find('-');
    const auto first = base::parse_int64(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : base::parse_int64(range.substr(dash + 1));
    const auto step = colon == std::string_view::npos
                          ? std::optional<std::int64_t>(1)
                          : base::parse_int64(part.substr(colon + 1));
    if (!first || !last || !step || *first < 0 || *last < *first || *last >= CPU_SETSIZE ||
        *step < 1)
      return std::nullopt;
    for (std::int64_t cpu = *first; cpu <= *last; cpu += *step)
      CPU_SET(static_cast<std::size_t>(cpu), &set);
  }
  return set;
}

}  // namespace

void prepare_title(int argc, char** argv, char** environment) {
  arguments = std::span(argv[0], argv[argc - 1] + std::strlen(argv[argc - 1]) + 1);
  setproctitle_init(argc, argv, environment);
}

std::string process_title(const Config& config,
                          std::string_view program,
                          std::string_view config_file) {
  const std::pair<std::string_view, std::string> values[] = {
      {"{title}", std::string(program)},
      {"{listen-addr}", listening_address(config)},
      {"{server-mode}", ""},
      {"{port}", fmt::to_string(config.port)},
      {"{tls-port}", "0"},
      {"{unixsocket}", config.unixsocket},
      {"{config-file}", std::string(config_file)},
  };
  std::string title;
  std::string_view rest = config.proc_title_template;
  while (!rest.empty()) {
    const auto* value = std::ranges::find_if(
        values, [&](const auto& candidate) { return rest.starts_with(candidate.first); });
    if (value == std::end(values)) {
      title += rest.front();
      rest.remove_prefix(1);
    } else {
      title += value->second;
      rest.remove_prefix(value->first.size());
    }
  }
  title.erase(title.find_last_not_of(' ') + 1);
  return title;
}

void set_title(const std::string& title) {
  setproctitle("-%s", title.c_str());
  // libbsd leaves a dot at the end of a longer command line, and ps shows it.
  if (title.size() < arguments.size()) std::ranges::fill(arguments.subspan(title.size()), '\0');
}

void tell_supervisor_ready(Supervised supervised) {
  if (is_supervised_by(supervised, Supervised::upstart, "UPSTART_JOB")) {
    base::log(base::LogLevel::notice, "supervised by upstart, will stop to signal readiness");
    std::raise(SIGSTOP);
    unsetenv("UPSTART_JOB");
  } else if (is_supervised_by(supervised, Supervised::systemd, "NOTIFY_SOCKET")) {
    if (sd_notify(0, "STATUS=Ready to accept connections\nREADY=1\n") <= 0)
      base::log(base::LogLevel::warning,
                "systemd supervision requested or auto-detected, but NOTIFY_SOCKET is not set");
  }
}

void tell_supervisor_stopping(Supervised supervised) {
  if (is_supervised_by(supervised, Supervised::systemd, "NOTIFY_SOCKET"))
    sd_notify(0, "STOPPING=1\n");
}

std::expected<void, std::string> apply_oom_score(const Config& config) {
  static const std::int64_t at_start = read_oom_score();
  std::int64_t score = at_start;
  switch (config.oom_score_adj) {
    case OomScoreAdj::no:
      if (read_oom_score() == at_start) return {};
      break;
    case OomScoreAdj::yes:
    case OomScoreAdj::relative:
      score += config.oom_score_adj_values[0];
      break;
    case OomScoreAdj::absolute:
      score = config.oom_score_adj_values[0];
      break;
  }
  std::ofstream file(oom_score_file);
  file << std::clamp(score, oom_score_min, oom_score_max) << std::flush;
  if (file) return {};
  base::log(base::LogLevel::warning, "Unable to write {}: {}", oom_score_file, strerror(errno));
  return std::unexpected("Failed to apply new oom_score_adj configuration, check server logs.");
}

std::int64_t raise_descriptor_limit(std::int64_t clients) {
  constexpr rlim_t reserved = 64;
  const rlim_t wanted = static_cast<rlim_t>(clients) + reserved;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return clients;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return clients;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > reserved ? static_cast<std::int64_t>(limit.rlim_cur - reserved) : 0;
}

CpuList::CpuList(std::string_view list, std::string_view directive) {
  if (list.empty()) return;
  const std::optional<cpu_set_t> cpus = parse_cpus(list);
  if (!cpus) {
    base::log(base::LogLevel::warning, "{} '{}' is not a list of CPUs", directive, list);
    return;
  }
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof before, &before) != 0 ||
      sched_setaffinity(0, sizeof *cpus, &*cpus) != 0) {
    base::log(base::LogLevel::warning, "{} '{}': {}", directive, list, strerror(errno));
    return;
  }
  before_ = std::make_unique<const cpu_set_t>(before);
}

CpuList::~CpuList() {
  if (before_) sched_setaffinity(0, sizeof *before_, before_.get());
}

SignalShutdown signal_shutdown(std::string_view options) {
  SignalShutdown result;
  while (!options.empty()) {
    const std::size_t blank = options.find(' ');
    const std::string_view word = options.substr(0, blank);
    options.remove_prefix(blank == std::string_view::npos ? options.size() : blank + 1);
    if (word == "save") result.mode = commands::ShutdownMode::save;
    if (word == "nosave") result.mode = commands::ShutdownMode::nosave;
    if (word == "force") result.force = true;
  }
  return result;
}

}  // namespace duplex::server
