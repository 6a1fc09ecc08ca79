// The redis-server of the system, started on a folder and reached through a socket file there.
#pragma once

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace duplex::test {

// What a shell command prints.
inline std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  char part[4096];
  for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, pipe)) > 0;)
    output.append(part, got);
  ::pclose(pipe);
  return output;
}

class RedisProcess {
 public:
  // Starts redis-server in `folder` with further options, and waits until it serves.
  RedisProcess(std::filesystem::path folder, std::vector<std::string> options)
      : folder_(std::move(folder)) {
    std::vector<std::string> args = {"redis-server",
                                     "--port",
                                     "0",
                                     "--unixsocket",
                                     (folder_ / "socket").string(),
                                     "--dir",
                                     folder_.string(),
                                     "--logfile",
                                     (folder_ / "log").string()};
    args.insert(args.end(), options.begin(), options.end());
    std::vector<char*> pointers;
    for (std::string& arg : args)
      pointers.push_back(arg.data());
    pointers.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    wait_until_it_serves();
  }
  ~RedisProcess() { stop(); }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // What redis-cli prints for a command, which is shell text.
  std::string cli(const std::string& command) const {
    return output_of("redis-cli -s " + (folder_ / "socket").string() + " " + command);
  }

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  // A script must find it ready: redis-cli goes on with the next line when one could not be sent.
  void wait_until_it_serves() const {
    for (int attempt = 0; attempt < 200 && cli("PING") != "PONG\n"; ++attempt)
      ::usleep(50'000);
  }

  const std::filesystem::path folder_;
  pid_t process_ = -1;
};

}  // namespace duplex::test
