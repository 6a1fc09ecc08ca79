// duplex-server: reads its configuration, starts the server, stops on SIGTERM and SIGINT.
#include "base/diagnostics.h"
#include "base/hash.h"
#include "base/mapped_file.h"
#include "base/random.h"
#include "base/sync_point.h"
#include "server/config_loader.h"
#include "server/process.h"
#include "server/server.h"
#include "server/version.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace duplex::server {

namespace {

constexpr std::string_view help_text =
    "Usage: duplex-server [/path/to/duplex.conf] [--directive value ...] [-]\n"
    "       duplex-server -v or --version\n"
    "       duplex-server -h or --help\n"
    "\n"
    "Examples:\n"
    "       duplex-server (run with the default configuration)\n"
    "       echo 'maxmemory 128mb' | duplex-server -\n"
    "       duplex-server /etc/duplex/6379.conf\n"
    "       duplex-server --port 7777 --http-port 8081\n"
    "       duplex-server /etc/duplex.conf --loglevel verbose -\n";

// The signals the process handles go to one thread; everybody else has them blocked.
sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// The first signal stops the server, unless the last snapshot cannot be written; another one after
// that ends the process at once.
void wait_for_signals(Server& server) {
  const sigset_t signals = handled_signals();
  int signal = 0;
  while (true) {
    sigwait(&signals, &signal);
    base::log(base::LogLevel::warning,
              "Received {} scheduling shutdown...",
              signal == SIGINT ? "SIGINT" : "SIGTERM");
    if (server.stop_by_signal(signal)) break;
  }
  sigwait(&signals, &signal);
  base::log(base::LogLevel::warning, "A second signal: exiting now.");
  std::_Exit(EXIT_FAILURE);
}

// Goes to the background; the parent ends here.
void daemonize() {
  const pid_t child = fork();
  if (child < 0) {
    std::perror("fork");
    std::exit(EXIT_FAILURE);
  }
  if (child > 0) std::_Exit(EXIT_SUCCESS);
  setsid();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
  }
}

int serve(LoadedConfig loaded) {
  const Config config = loaded.config;
  const std::vector<std::string> notes = loaded.notes;
  const std::string config_file = loaded.file;
  if (const std::string error = base::open_log({.file = config.logfile,
                                                .level = config.loglevel,
                                                .format = config.log_format,
                                                .timestamps = config.log_timestamp_format,
                                                .syslog = config.syslog_enabled,
                                                .syslog_ident = config.syslog_ident,
                                                .syslog_facility = config.syslog_facility});
      !error.empty()) {
    fmt::print(stderr, "Can't open the log file: {}\n", error);
    return EXIT_FAILURE;
  }
  if (config.daemonize) daemonize();
  if (chdir(config.dir.c_str()) != 0 || access(config.dir.c_str(), W_OK | X_OK) != 0) {
    std::string reason = fmt::format("Can't use dir '{}'", config.dir);
    std::perror(reason.c_str());
    return EXIT_FAILURE;
  }
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files is an error of write(2), as a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  base::exit_on_unreadable_pages();
  if (const char* where = std::getenv("DUPLEX_CRASH_AT")) base::arm_sync_point(where);
  base::log(base::LogLevel::notice, "oO0OoO0OoO0Oo Duplex is starting oO0OoO0OoO0Oo");
  base::log(base::LogLevel::notice,
            "Duplex version={}, bits=64, pid={}, just started",
            duplex_version,
            getpid());
  for (const std::string& note : notes)
    base::log(base::LogLevel::notice, "{}", note);
  if (const std::int64_t clients = raise_descriptor_limit(config.maxclients);
      clients < config.maxclients)
    base::log(base::LogLevel::warning,
              "The operating system allows file descriptors for {} of {} clients only.",
              clients,
              config.maxclients);
  (void)apply_oom_score(config);  // a failure stands in the log
  if (config.set_proc_title) set_title(process_title(config, program_name, config_file));
  base::set_log_role('M');
  if (!config.pidfile.empty()) std::ofstream(config.pidfile) << getpid() << '\n';

  std::optional<CpuList> cpus(std::in_place, config.bio_cpulist, "bio_cpulist");
  Server server(std::move(loaded));
  cpus.reset();
  std::thread(wait_for_signals, std::ref(server)).detach();
  if (const auto started = server.start(); !started) {
    base::log(base::LogLevel::warning, "{}", started.error());
    fmt::print(stderr, "{}\n", started.error());
    std::fflush(nullptr);
    std::_Exit(EXIT_FAILURE);
  }
  tell_supervisor_ready(config.supervised);
  server.wait();
  tell_supervisor_stopping(config.supervised);
  const bool saved = server.stop();
  if (!config.pidfile.empty()) unlink(config.pidfile.c_str());
  base::log(base::LogLevel::warning, "Duplex is now ready to exit, bye bye...");
  std::fflush(nullptr);
  // The data need not be freed entry by entry only to end the process.
  std::_Exit(saved ? EXIT_SUCCESS : EXIT_FAILURE);
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const CommandLine command_line = parse_command_line(arguments);
  if (command_line.help) {
    fmt::print("{}", help_text);
    return EXIT_SUCCESS;
  }
  if (command_line.version) {
    fmt::print("Duplex server v={} redis_version={} bits=64\n", duplex_version, redis_version);
    return EXIT_SUCCESS;
  }
  std::uint64_t seed = 0;
  base::secure_random(&seed, sizeof seed);
  base::seed_hash(seed);
  auto loaded = load_config(command_line);
  if (!loaded) {
    fmt::print(stderr, "{}\n", loaded.error().message(fmt::format("Duplex {}", duplex_version)));
    return EXIT_FAILURE;
  }
  return serve(std::move(*loaded));
}

}  // namespace

}  // namespace duplex::server

int main(int argc, char** argv) {
  duplex::server::prepare_title(argc, argv, environ);
  try {
    return duplex::server::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "duplex-server cannot start: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
