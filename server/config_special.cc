// Directives whose values are more than one word of one kind.
#include "server/config_special.h"

#include "base/numbers.h"
#include "base/text.h"
#include "server/all_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <netinet/in.h>
#include <system_error>
#include <unistd.h>

namespace duplex::server {

namespace {

// Redis's limit (CONFIG_BINDADDR_MAX); more is refused.
constexpr std::size_t bind_addresses_max = 16;

constexpr std::string_view output_class_names[] = {"normal", "slave", "pubsub"};

// The class with this name; output_classes if there is none. "replica" is "slave"'s new name.
std::size_t output_class(std::string_view name) {
  if (base::equals_ignoring_case(name, "replica")) return replica_output;
  for (std::size_t i = 0; i < output_classes; ++i)
    if (base::equals_ignoring_case(name, output_class_names[i])) return i;
  return output_classes;
}

std::string output_limit_text(const Config& config, std::size_t which) {
  const OutputLimit& limit = config.client_output_buffer_limit[which];
  return fmt::format("{} {} {} {}",
                     output_class_names[which],
                     limit.hard_bytes,
                     limit.soft_bytes,
                     limit.soft_seconds);
}

// Is the word the same with and without quotes?
bool is_plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
  });
}

// Loopback and the networks that are not routed. A '-' in front means: not an error if it is not
// there. Names other than localhost count as public, as what they stand for may change.
bool is_private_address(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::string address(text);
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    const std::uint32_t bits = ntohl(v4.s_addr);
    return bits >> 24 == 127 || bits >> 24 == 10 || bits >> 20 == 0xac1 || bits >> 16 == 0xc0a8;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6) ||
           (v6.s6_addr[0] & 0xfe) == 0xfc;
  return address == "localhost";
}

}  // namespace

std::vector<std::string> single_line(const Directive& directive, const Config& config) {
  const std::string value = directive.read(directive, config);
  std::string shown = value;
  const Kind kind = directive.shape.kind;
  if (kind == Kind::memory || kind == Kind::memory_or_percent) {
    if (const auto bytes = base::parse_int64(value)) shown = format_memory_with_unit(*bytes);
  } else if (kind == Kind::text || value.empty()) {
    shown = in_quotes(value);
  } else if (kind == Kind::words) {
    std::vector<std::string> words = words_of_list(Words(&value, 1));
    for (std::string& word : words)
      if (!is_plain(word)) word = in_quotes(word);
    shown = joined(words);
  }
  return {fmt::format("{} {}", directive.name, shown)};
}

Outcome write_accepted(const Directive& directive, Config& config, Words words, Source) {
  auto value = canonical_value(directive.shape, words);
  if (!value) return std::unexpected(value.error());
  config.accepted.insert_or_assign(std::string(directive.name), *std::move(value));
  return {};
}

std::string read_accepted(const Directive& directive, const Config& config) {
  const auto found = config.accepted.find(directive.name);
  return found == config.accepted.end() ? std::string(directive.initial) : found->second;
}

Outcome write_save(const Directive&, Config& config, Words words, Source source) {
  const std::vector<std::string> list = words_of_list(words);
  if (list.size() % 2 != 0) return std::unexpected("Invalid save parameters");
  std::vector<SavePoint> points;
  for (std::size_t i = 0; i < list.size(); i += 2) {
    const auto seconds = base::parse_int64(list[i]);
    const auto changes = base::parse_int64(list[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0)
      return std::unexpected("Invalid save parameters");
    points.push_back({*seconds, *changes});
  }
  if (source != Source::further_line || points.empty()) config.save.clear();
  config.save.insert(config.save.end(), points.begin(), points.end());
  return {};
}

std::string read_save(const Directive&, const Config& config) {
  std::vector<std::string> words;
  for (const SavePoint& point : config.save)
    words.push_back(fmt::format("{} {}", point.seconds, point.changes));
  return joined(words);
}

std::vector<std::string> save_lines(const Directive&, const Config& config) {
  if (config.save.empty()) return {"save \"\""};
  std::vector<std::string> lines;
  for (const SavePoint& point : config.save)
    lines.push_back(fmt::format("save {} {}", point.seconds, point.changes));
  return lines;
}

Outcome write_output_limit(const Directive&, Config& config, Words words, Source) {
  const std::vector<std::string> list = words_of_list(words);
  if (list.size() % 4 != 0)
    return std::unexpected("Wrong number of arguments in buffer limit configuration.");
  auto limits = config.client_output_buffer_limit;
  for (std::size_t i = 0; i < list.size(); i += 4) {
    const std::size_t which = output_class(list[i]);
    if (which == output_classes)
      return std::unexpected("Invalid client class specified in buffer limit configuration.");
    const auto hard = parse_memory(list[i + 1]);
    const auto soft = parse_memory(list[i + 2]);
    const auto seconds = base::parse_int64(list[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0)
      return std::unexpected(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    limits[which] = {*hard, *soft, *seconds};
  }
  config.client_output_buffer_limit = limits;
  return {};
}

std::string read_output_limit(const Directive&, const Config& config) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < output_classes; ++i)
    words.push_back(output_limit_text(config, i));
  return joined(words);
}

std::vector<std::string> output_limit_lines(const Directive&, const Config& config) {
  const Config defaults;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < output_classes; ++i)
    if (config.client_output_buffer_limit[i] != defaults.client_output_buffer_limit[i])
      lines.push_back("client-output-buffer-limit " + output_limit_text(config, i));
  return lines;
}

Outcome write_channel(const Directive&, Config& config, Words words, Source) {
  if (words.empty()) return std::unexpected("a channel pattern is missing");
  auto rule = realtime::parse_channel_rule(words[0], words.subspan(1));
  if (!rule) return std::unexpected(rule.error());
  config.channels.push_back(*std::move(rule));
  return {};
}

std::string read_channel(const Directive&, const Config& config) {
  std::vector<std::string> rules;
  for (const realtime::ChannelRule& rule : config.channels)
    rules.push_back(fmt::format("{} {};", rule.pattern, format_channel_options(rule)));
  return joined(rules);
}

std::vector<std::string> channel_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const realtime::ChannelRule& rule : config.channels)
    lines.push_back(
        fmt::format("channel {} {}", in_quotes(rule.pattern), format_channel_options(rule)));
  return lines;
}

Outcome write_renamed(const Directive&, Config& config, Words words, Source) {
  if (words.size() != 2) return std::unexpected(std::string(wrong_number_of_arguments));
  config.renamed_commands.emplace_back(words[0], words[1]);
  commands::CommandTable table(all_families());
  if (const auto problem = rename_commands(table, config.renamed_commands))
    return std::unexpected(std::string(*problem));
  return {};
}

std::string read_renamed(const Directive&, const Config&) {
  return {};
}

std::vector<std::string> renamed_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const auto& [from, to] : config.renamed_commands)
    lines.push_back(fmt::format("rename-command {} {}", in_quotes(from), in_quotes(to)));
  return lines;
}

Outcome write_percentiles(const Directive&, Config& config, Words words, Source) {
  std::vector<double> percentiles;
  for (const std::string& word : words_of_list(words)) {
    const auto value = base::parse_double(word);
    if (!value) return std::unexpected("Invalid latency-tracking-info-percentiles parameters");
    if (*value < 0 || *value > 100)
      return std::unexpected(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    percentiles.push_back(*value);
  }
  config.latency_tracking_info_percentiles = std::move(percentiles);
  return {};
}

std::string read_percentiles(const Directive&, const Config& config) {
  std::vector<std::string> words;
  for (const double value : config.latency_tracking_info_percentiles)
    words.push_back(base::format_double(value));
  return joined(words);
}

Outcome write_bind(const Directive&, Config& config, Words words, Source) {
  auto addresses = parse_list(words);
  if (!addresses) return std::unexpected(addresses.error());
  if (addresses->size() > bind_addresses_max)
    return std::unexpected("Too many bind addresses specified.");
  config.bind = *std::move(addresses);
  return {};
}

Outcome write_dir(const Directive&, Config& config, Words words, Source) {
  if (words.size() != 1) return std::unexpected(std::string(wrong_number_of_arguments));
  const std::filesystem::path path = std::filesystem::path(config.dir) / words[0];
  std::error_code failure;
  const std::filesystem::path real = std::filesystem::canonical(path, failure);
  if (failure) return std::unexpected(std::strerror(failure.value()));
  if (!std::filesystem::is_directory(real, failure)) return std::unexpected(std::strerror(ENOTDIR));
  if (::access(real.c_str(), X_OK) != 0) return std::unexpected(std::strerror(errno));
  config.dir = real.string();
  return {};
}

Outcome write_hz(const Directive& directive, Config& config, Words words, Source source) {
  Outcome outcome = write_member<&Config::hz>(directive, config, words, source);
  // Redis takes any number and uses the nearest that makes sense.
  config.hz = std::clamp<std::int64_t>(config.hz, 1, 500);
  return outcome;
}

Outcome write_events(const Directive&, Config& config, Words words, Source) {
  constexpr std::string_view all = "g$lshzxetd";
  constexpr std::string_view order = "g$lshzxetdnKEm";
  if (words.size() != 1) return std::unexpected(std::string(wrong_number_of_arguments));
  std::string given;
  for (const char c : words[0]) {
    if (c == 'A')
      given += all;
    else if (order.find(c) != std::string_view::npos)
      given.push_back(c);
    else
      return std::unexpected("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  }
  const auto has = [&](char c) { return given.find(c) != std::string::npos; };
  const bool has_all = std::ranges::all_of(all, has);
  std::string canonical = has_all ? "A" : "";
  for (const char c : order)
    if (has(c) && !(has_all && all.find(c) != std::string_view::npos)) canonical.push_back(c);
  config.notify_keyspace_events = std::move(canonical);
  return {};
}

Outcome write_oom_scores(const Directive&, Config& config, Words words, Source) {
  const std::vector<std::string> list = words_of_list(words);
  std::array<std::int64_t, 3> scores{};
  if (list.size() != scores.size()) return std::unexpected(std::string(wrong_number_of_arguments));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto value = base::parse_int64(list[i]);
    if (!value || *value < -2000 || *value > 2000)
      return std::unexpected(
          "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    scores[i] = *value;
  }
  config.oom_score_adj_values = scores;
  return {};
}

std::string read_oom_scores(const Directive&, const Config& config) {
  return fmt::format("{}", fmt::join(config.oom_score_adj_values, " "));
}

std::string_view check_dbfilename(std::string_view value) {
  return value.find('/') == std::string_view::npos ? std::string_view()
                                                   : "dbfilename can't be a path, just a filename";
}

std::string_view check_appendfilename(std::string_view value) {
  if (value.empty()) return "appendfilename can't be empty";
  return value.find('/') == std::string_view::npos
             ? std::string_view()
             : "appendfilename can't be a path, just a filename";
}

std::string_view check_appenddirname(std::string_view value) {
  if (value.empty()) return "appenddirname can't be empty";
  return value.find('/') == std::string_view::npos
             ? std::string_view()
             : "appenddirname can't be a path, just a dirname";
}

std::string_view check_title_template(std::string_view value) {
  constexpr std::string_view known[] = {
      "title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"};
  constexpr std::string_view reason = "template format is invalid or contains unknown variables";
  if (value.empty()) return reason;
  std::string_view rest = value;
  while (true) {
    const std::size_t open = rest.find('{');
    if (open == std::string_view::npos) return {};
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return reason;
    if (std::ranges::find(known, rest.substr(open + 1, close - open - 1)) == std::end(known))
      return reason;
    rest.remove_prefix(close + 1);
  }
}

std::string_view check_shutdown_options(std::string_view value) {
  const bool both =
      value.starts_with("save nosave") || value.find(" save nosave") != std::string_view::npos;
  return both ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
              : std::string_view();
}

std::string_view check_hostname(std::string_view value) {
  const bool fine = std::ranges::all_of(value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  return fine ? std::string_view()
              : "Hostnames may only contain alphanumeric characters, hyphens or dots";
}

std::string check_together(const Config& config) {
  if (!config.conformance_endpoints || (config.http_port == 0 && config.http_tls_port == 0))
    return {};
  for (const std::string& address : config.http_bind)
    if (!is_private_address(address))
      return fmt::format(
          "conformance-endpoints is for tests and must not be on at '{}': http-bind "
          "has to name loopback or private addresses only",
          address);
  return {};
}

}  // namespace duplex::server
