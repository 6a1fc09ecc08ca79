// Directives about what programs and pages reach through the HTTP port.
#include "server/config_table.h"
#include "server/config_values.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace duplex::server {

namespace {

// `rest-token <token> <user>`, once for each.
Outcome write_rest_token(const Directive&, Config& config, Words words, Source) {
  if (words.size() != 2 || words[0].empty() || words[1].empty())
    return std::unexpected("a token and an ACL user are wanted");
  config.rest_tokens.emplace_back(words[0], words[1]);
  return {};
}

// Tokens are secrets even to those who may read the configuration.
std::string read_rest_token(const Directive&, const Config&) {
  return {};
}

std::vector<std::string> rest_token_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const auto& [token, user] : config.rest_tokens)
    lines.push_back(fmt::format("rest-token {} {}", in_quotes(token), in_quotes(user)));
  return lines;
}

constexpr Directive realtime[] = {
    text<&Config::admin_token>("admin-token", fixed | sensitive),
    words_of<&Config::http_api_key>("http-api-key", fixed | sensitive),
    yes_no<&Config::http_rest>("http-rest", fixed),
    {.name = "rest-token",
     .shape = {.kind = Kind::special},
     .write = write_rest_token,
     .read = read_rest_token,
     .lines = rest_token_lines,
     .flags = several | fixed | sensitive},
};

}  // namespace

std::span<const Directive> realtime_directives() {
  return realtime;
}

}  // namespace duplex::server
