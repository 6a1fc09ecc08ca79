// Reads the command line.
#include "bench/load/options.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <map>
#include <string_view>

namespace duplex::load {
namespace {

constexpr std::uint64_t connections_max = 20'000;
constexpr std::uint64_t pipeline_max = 4096;
constexpr std::uint64_t value_bytes_max = 1 << 20;
constexpr std::uint64_t echo_bytes_max = 125;  // so that a frame has the shortest header
constexpr double rate_max = 10'000'000;
constexpr std::uint64_t zipf_keys_max = 100'000'000;

using Failure = std::string;  // empty when all is well

template <typename Number>
Failure read_number(std::string_view text, Number& out, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(value >= least) || !(value <= most)) {
    return fmt::format("'{}' is not a number from {} to {}", text, least, most);
  }
  out = value;
  return {};
}

// Reads "W:text" or "text".
TemplateOption read_template(std::string_view text) {
  std::uint64_t weight = 0;
  const auto colon = text.find(':');
  if (colon != text.npos &&
      read_number<std::uint64_t>(text.substr(0, colon), weight, 1, 1'000'000).empty()) {
    return {.text = std::string(text.substr(colon + 1)), .weight = weight};
  }
  return {.text = std::string(text), .weight = 1};
}

Failure read_protocol(std::string_view text, SubscriberProtocol& out) {
  if (text != "resp" && text != "ws") return fmt::format("'{}' is neither resp nor ws", text);
  out = text == "ws" ? SubscriberProtocol::web_socket : SubscriberProtocol::resp;
  return {};
}

using ReadValue = std::function<Failure(Options&, std::string_view)>;

template <typename Number>
ReadValue number(Number Options::* member, Number least, Number most) {
  return
      [=](Options& o, std::string_view text) { return read_number(text, o.*member, least, most); };
}

ReadValue words(std::string Options::* member) {
  return [=](Options& o, std::string_view text) {
    o.*member = text;
    return Failure{};
  };
}

const std::map<std::string_view, ReadValue>& options_with_value() {
  using O = Options;
  using Count = std::uint64_t;
  static const std::map<std::string_view, ReadValue> table = {
      {"--host", words(&O::host)},
      {"--port", number<std::uint16_t>(&O::port, 1, 65535)},
      {"--connections", number<Count>(&O::connections, 1, connections_max)},
      {"--pipeline", number<Count>(&O::pipeline, 1, pipeline_max)},
      {"--command", words(&O::command)},
      {"--template",
       [](O& o, std::string_view text) {
         o.templates.push_back(read_template(text));
         return Failure{};
       }},
      {"--read-percent", number<Count>(&O::read_percent, 0, 100)},
      {"--keys", number<Count>(&O::keys, 1, 999'999'999'999)},
      {"--value-bytes", number<Count>(&O::value_bytes, 1, value_bytes_max)},
      {"--seconds", number<double>(&O::seconds, 0.01, 86400)},
      {"--warmup", number<double>(&O::warmup_seconds, 0, 3600)},
      {"--requests", number<Count>(&O::requests, 1, 1'000'000'000'000)},
      {"--rate",
       [](O& o, std::string_view text) {
         o.mode = Mode::open_loop;
         return read_number(text, o.rate, 1.0, rate_max);
       }},
      {"--seed", number<Count>(&O::seed, 0, UINT64_MAX)},
      {"--zipf",
       [](O& o, std::string_view text) {
         o.distribution = Distribution::zipf;
         return read_number(text, o.skew, 0.01, 10.0);
       }},
      {"--server-pid", number<pid_t>(&O::server_pid, 1, 1 << 22)},
      {"--fill",
       [](O& o, std::string_view text) {
         o.mode = Mode::fill;
         return read_number<Count>(text, o.keys, 1, 999'999'999'999);
       }},
      {"--protocol",
       [](O& o, std::string_view text) { return read_protocol(text, o.subscriber_protocol); }},
      {"--subscribers", number<Count>(&O::subscribers, 1, connections_max - 1)},
      {"--http-port", number<std::uint16_t>(&O::http_port, 1, 65535)},
      {"--path", words(&O::path)},
      {"--channel", words(&O::channel)},
      {"--token", words(&O::token)},
  };
  return table;
}

// The templates behind --command, unless --template gave some.
Failure choose_templates(Options& o) {
  const TemplateOption get{.text = "GET key:{key}"};
  const TemplateOption set{.text = "SET key:{key} {value}"};
  if (o.mode == Mode::fill) o.templates = {set};
  if (!o.templates.empty()) return {};
  if (o.command == "get") {
    o.templates = {get};
  } else if (o.command == "set") {
    o.templates = {set};
  } else if (o.command == "incr") {
    o.templates = {{.text = "INCR ctr:{key}"}};
  } else if (o.command == "mix") {
    if (o.read_percent > 0) o.templates.push_back({get.text, o.read_percent});
    if (o.read_percent < 100) o.templates.push_back({set.text, 100 - o.read_percent});
  } else {
    return fmt::format("'{}' is none of get, set, incr, mix", o.command);
  }
  return {};
}

Failure settle(Options& o) {
  if (o.mode == Mode::echo && o.value_bytes > echo_bytes_max)
    return fmt::format("--echo takes at most {} bytes", echo_bytes_max);
  if (o.mode == Mode::fill) {
    o.distribution = Distribution::sequential;
    o.requests = o.keys;
  }
  // A given number of requests is counted from the first one.
  if (o.requests > 0) o.warmup_seconds = 0;
  if (o.distribution == Distribution::zipf && o.keys > zipf_keys_max) {
    return fmt::format("--zipf takes at most {} keys", zipf_keys_max);
  }
  return choose_templates(o);
}

}  // namespace

std::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments) {
  Options o;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const bool has_value = equals != std::string::npos;
    if (name == "--help") return std::unexpected(std::string{});
    if (name == "--json") {
      o.json = true;
    } else if (name == "--fanout") {
      o.mode = Mode::fan_out;
    } else if (name == "--echo") {
      o.mode = Mode::echo;
    } else if (name == "--uniform") {
      o.distribution = Distribution::uniform;
    } else if (name == "--zipf" && !has_value) {
      o.distribution = Distribution::zipf;
    } else {
      const auto known = options_with_value().find(name);
      if (known == options_with_value().end()) {
        return std::unexpected(fmt::format("unknown option {}", name));
      }
      if (!has_value && i + 1 == arguments.size()) {
        return std::unexpected(fmt::format("{} needs a value", name));
      }
      const std::string value = has_value ? arguments[i].substr(equals + 1) : arguments[++i];
      if (const Failure failure = known->second(o, value); !failure.empty()) {
        return std::unexpected(fmt::format("{}: {}", name, failure));
      }
    }
  }
  if (const Failure failure = settle(o); !failure.empty()) return std::unexpected(failure);
  return o;
}

std::string usage() {
  return R"(duplex-load: a load generator for RESP servers, one thread on io_uring

  --host H --port P            the server (127.0.0.1, 6379)
  --connections N              connections that each keep one batch in flight (50)
  --pipeline P                 requests per batch (1)
  --command get|set|incr|mix   what is sent (get); mix: --read-percent 90 are GETs
  --template "[W:]SET key:{key} {value}"
                               any command; may be repeated, W is its weight. {key} is twelve
                               digits, {value} is --value-bytes bytes
  --keys N                     key numbers are drawn from [0, N) (1000000)
  --uniform, --zipf[=S]        how they are drawn (uniform; S is the exponent, 0.99)
  --value-bytes B              (64)
  --seconds S --warmup S       (2, 0.25), or
  --requests N                 that many instead, without a warm-up
  --rate R                     an open loop: R requests per second leave on schedule, whatever the
                               server does, and latency is counted from when each was due.
                               SIGINT ends it early, with its report
  --seed N                     (1)
  --server-pid PID             also read that process's CPU time
  --json                       one JSON object instead of text

  --fill N                     SET N distinct keys in order, report the longest single request
  --fanout                     one publisher, --subscribers S (1000) on --channel c,
                               --pipeline messages in flight, --protocol resp, or
                               ws: --http-port 8080, --path /connection/websocket, --token T
  --echo                       WebSocket messages of --value-bytes bytes (125 at most) that come
                               back: --http-port, --path, --connections, --pipeline in flight
)";
}

}  // namespace duplex::load
