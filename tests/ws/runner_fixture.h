// A command runner whose answers a test writes down.
#pragma once

#include "realtime/command_runner.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// Answers by the first word of a command, and remembers what was asked.
class ScriptedRunner : public realtime::CommandRunner {
 public:
  realtime::Ran run(std::span<const std::string_view> words, realtime::RunAs) override {
    asked.emplace_back(words.begin(), words.end());
    const auto found = replies.find(std::string(words[0]));
    if (found == replies.end()) return {.reply = "-ERR unknown command\r\n"};
    return {.reply = found->second, .log_position = log_position};
  }

  std::map<std::string, std::string> replies;
  std::uint64_t log_position = 0;
  std::vector<std::vector<std::string>> asked;
};

}  // namespace duplex::ws
