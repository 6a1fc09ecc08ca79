// What the command line asks for.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <sys/types.h>
#include <vector>

namespace duplex::load {

enum class Mode { closed_loop, open_loop, fill, fan_out, echo };
enum class Distribution { uniform, zipf, sequential };
enum class SubscriberProtocol { resp, web_socket };

// One kind of request and how often it is sent, relative to the others.
struct TemplateOption {
  std::string text;
  std::uint64_t weight = 1;
};

struct Options {
  Mode mode = Mode::closed_loop;
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::uint64_t connections = 50;
  std::uint64_t pipeline = 1;
  std::string command = "get";
  std::vector<TemplateOption> templates;  // never empty after parse_options()
  std::uint64_t read_percent = 90;
  std::uint64_t keys = 1'000'000;
  std::uint64_t value_bytes = 64;
  double seconds = 2;
  double warmup_seconds = 0.25;
  std::uint64_t requests = 0;  // 0: run for `seconds` instead
  double rate = 0;             // requests per second of an open loop
  std::uint64_t seed = 1;
  Distribution distribution = Distribution::uniform;
  double skew = 0.99;
  bool json = false;
  pid_t server_pid = 0;  // 0: the server's CPU is not read

  SubscriberProtocol subscriber_protocol = SubscriberProtocol::resp;
  std::uint64_t subscribers = 1000;
  std::uint16_t http_port = 8080;
  std::string path = "/connection/websocket";
  std::string channel = "c";
  std::string token;
};

// An empty error means that help was asked for.
std::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments);

std::string usage();

}  // namespace duplex::load
