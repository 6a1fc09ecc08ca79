// Prints a measurement.
#include "bench/load/report.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace duplex::load {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> percentiles = {
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}}};

double to_us(std::uint64_t ns) {
  return static_cast<double>(ns) / 1000.0;
}

struct Rates {
  double seconds;
  double per_second;
  double server_us;  // CPU per operation
  double client_us;
  double server_percent;  // of one core
  double client_percent;
};

Rates rates_of(const Measurement& m) {
  const auto time = static_cast<double>(m.end.time_ns - m.begin.time_ns);
  const auto server = static_cast<double>(m.end.server_cpu_ns - m.begin.server_cpu_ns);
  const auto client = static_cast<double>(m.end.client_cpu_ns - m.begin.client_cpu_ns);
  const auto operations = static_cast<double>(m.operations == 0 ? 1 : m.operations);
  return {.seconds = time / 1e9,
          .per_second = operations / time * 1e9,
          .server_us = server / operations / 1000,
          .client_us = client / operations / 1000,
          .server_percent = server / time * 100,
          .client_percent = client / time * 100};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

std::string description(const Options& o) {
  if (o.mode == Mode::fan_out) {
    return fmt::format("{} {} subscribers, {} messages in flight, {} bytes",
                       o.subscribers,
                       o.subscriber_protocol == SubscriberProtocol::resp ? "RESP" : "WebSocket",
                       o.pipeline,
                       o.value_bytes);
  }
  std::string requests;
  for (const TemplateOption& each : o.templates) {
    if (!requests.empty()) requests += ", ";
    requests += o.templates.size() == 1 ? each.text : fmt::format("{}:{}", each.weight, each.text);
  }
  if (o.mode == Mode::open_loop) {
    return fmt::format("{} | {} per second over {} connections, {} keys, {}-byte values",
                       requests,
                       o.rate,
                       o.connections,
                       o.keys,
                       o.value_bytes);
  }
  return fmt::format("{} | {} connections x {}, {} keys, {}-byte values",
                     requests,
                     o.connections,
                     o.pipeline,
                     o.keys,
                     o.value_bytes);
}

std::string latency_line(std::string_view title, const Histogram& latency) {
  std::string line = fmt::format("{:<15} mean {:.1f}", title, latency.mean() / 1000);
  for (const auto& [name, percent] : percentiles) {
    line += fmt::format("  {} {:.1f}", name, to_us(latency.percentile(percent)));
  }
  return line + fmt::format("  max {:.1f} us\n", to_us(latency.max()));
}

std::string latency_object(const Histogram& latency) {
  std::string object = fmt::format(R"({{"mean":{:.2f})", latency.mean() / 1000);
  for (const auto& [name, percent] : percentiles) {
    object += fmt::format(R"(,"{}":{:.2f})", name, to_us(latency.percentile(percent)));
  }
  return object + fmt::format(R"(,"max":{:.2f}}})", to_us(latency.max()));
}

}  // namespace

std::string text_report(const Options& options, const Measurement& m) {
  const Rates rates = rates_of(m);
  const bool fan_out = options.mode == Mode::fan_out;
  std::string text = description(options) + '\n';
  text += fmt::format("{:<15} {:.0f} {}/s ({} in {:.3f} s)\n",
                      "throughput",
                      rates.per_second,
                      fan_out ? "deliveries" : "requests",
                      m.operations,
                      rates.seconds);
  text += latency_line("latency", m.latency);
  if (fan_out) {
    text += latency_line("to the last one", m.last_delivery);
    text += fmt::format("{:<15} {} counted and right, {} reported by PUBLISH\n",
                        "deliveries",
                        m.deliveries_total,
                        m.receivers_reported);
  }
  text += fmt::format("{:<15}", "longest");
  for (const auto& wait : m.slowest.waits()) {
    text += fmt::format(" {:.2f} ms (at {})", to_us(wait.latency_ns) / 1000, wait.at_operation);
  }
  text += fmt::format(
      "\n{:<15} client {:.3f} us/op ({:.0f} %)", "CPU", rates.client_us, rates.client_percent);
  if (options.server_pid > 0) {
    text += fmt::format(", server {:.3f} us/op ({:.0f} %)", rates.server_us, rates.server_percent);
  }
  text += fmt::format("\n{:<15} {} errors, {} nulls\n", "replies", m.errors, m.nulls);
  if (m.errors > 0) text += fmt::format("{:<15} {}\n", "first error", m.first_error);
  return text;
}

std::string json_report(const Options& options, const Measurement& m) {
  const Rates rates = rates_of(m);
  std::string json =
      fmt::format(R"({{"workload":"{}","operations":{},"seconds":{:.6f},"per_second":{:.1f})",
                  escaped(description(options)),
                  m.operations,
                  rates.seconds,
                  rates.per_second);
  auto out = std::back_inserter(json);
  fmt::format_to(out,
                 R"(,"client_cpu_us":{:.4f},"client_cpu_percent":{:.1f})",
                 rates.client_us,
                 rates.client_percent);
  if (options.server_pid > 0) {
    fmt::format_to(out,
                   R"(,"server_cpu_us":{:.4f},"server_cpu_percent":{:.1f})",
                   rates.server_us,
                   rates.server_percent);
  }
  fmt::format_to(out, R"(,"latency_us":{})", latency_object(m.latency));
  if (options.mode == Mode::fan_out) {
    fmt::format_to(
        out,
        R"(,"last_delivery_us":{},"messages":{},"deliveries":{},"receivers_reported":{})",
        latency_object(m.last_delivery),
        m.messages,
        m.deliveries_total,
        m.receivers_reported);
  }
  json += R"(,"longest":[)";
  bool first = true;
  for (const auto& wait : m.slowest.waits()) {
    if (!first) json += ',';
    first = false;
    fmt::format_to(out, R"({{"us":{:.1f},"at":{}}})", to_us(wait.latency_ns), wait.at_operation);
  }
  fmt::format_to(out,
                 R"(],"errors":{},"nulls":{},"first_error":"{}"}})",
                 m.errors,
                 m.nulls,
                 escaped(m.first_error));
  return json + '\n';
}

}  // namespace duplex::load
