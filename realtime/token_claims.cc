// The claims inside a token.
#include "realtime/token_claims.h"

#include "realtime/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace duplex::realtime {

namespace {

namespace json = boost::json;
using Fault = std::unexpected<TokenFault>;

constexpr std::size_t depth_max = 32;
constexpr std::size_t name_bytes_max = 255;  // of a user or a token's id
constexpr std::size_t list_max = 128;        // channels, caps, patterns of one entry
constexpr double date_max_s = 1e11;
constexpr std::string_view template_name = "{sub}";

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// Reads the member if it is there. False: it is something else than it should be.
bool read_text(const json::object& claims, std::string_view name, std::string& out) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return true;
  const json::string* text = value->if_string();
  if (text == nullptr || text->size() > name_bytes_max) return false;
  out = view(*text);
  return true;
}

// A NumericDate: seconds, perhaps with a fraction.
bool read_date(const json::object& claims,
               std::string_view name,
               std::optional<std::int64_t>& out) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return true;
  if (!value->is_number()) return false;
  const double seconds = value->to_number<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > date_max_s) return false;
  out = static_cast<std::int64_t>(seconds);
  return true;
}

// A list of short texts, as `channels` are.
bool read_texts(const json::value* value, std::vector<std::string>& out) {
  if (value == nullptr) return true;
  const json::array* list = value->if_array();
  if (list == nullptr || list->size() > list_max) return false;
  for (const json::value& item : *list) {
    const json::string* text = item.if_string();
    if (text == nullptr || text->empty() || text->size() > name_bytes_max) return false;
    out.emplace_back(view(*text));
  }
  return true;
}

// The action that a word of `allow` names; words that are not known allow nothing.
std::uint8_t action_bit(std::string_view word) {
  constexpr std::pair<std::string_view, Action> words[] = {{"sub", Action::subscribe},
                                                           {"pub", Action::publish},
                                                           {"hst", Action::history},
                                                           {"prs", Action::presence}};
  for (const auto& [name, action] : words)
    if (name == word) return static_cast<std::uint8_t>(1u << static_cast<unsigned>(action));
  return 0;
}

bool read_capability(const json::value& value, std::string_view user, Capability& out) {
  const json::object* entry = value.if_object();
  if (entry == nullptr) return false;
  std::string match = "exact";
  std::vector<std::string> patterns;
  std::vector<std::string> allowed;
  if (!read_text(*entry, "match", match) || (match != "exact" && match != "wildcard")) return false;
  if (!read_texts(entry->if_contains("channels"), patterns)) return false;
  if (!read_texts(entry->if_contains("allow"), allowed)) return false;
  out.is_exact = match == "exact";
  for (const std::string& pattern : patterns)
    if (std::string name = pattern_for(pattern, user, out.is_exact); !name.empty())
      out.patterns.push_back(std::move(name));
  for (const std::string& word : allowed)
    out.actions |= action_bit(word);
  return true;
}

bool read_capabilities(const json::object& claims, Identity& identity) {
  const json::value* value = claims.if_contains("caps");
  if (value == nullptr) return true;
  const json::array* list = value->if_array();
  if (list == nullptr || list->size() > list_max) return false;
  return std::ranges::all_of(*list, [&](const json::value& entry) {
    return read_capability(entry, identity.user, identity.capabilities.emplace_back());
  });
}

// Whether `name` is the claim or among its list; an empty name always is.
bool names(const json::object& claims, std::string_view claim, std::string_view name) {
  if (name.empty()) return true;
  const json::value* value = claims.if_contains(claim);
  if (value == nullptr) return false;
  const auto is_name = [&](const json::value& item) {
    return item.is_string() && view(item.get_string()) == name;
  };
  const json::array* list = value->if_array();
  return list == nullptr ? is_name(*value) : std::ranges::any_of(*list, is_name);
}

// Nothing if now is in the token's time.
std::optional<TokenFault> check_times(const json::object& claims,
                                      Identity& identity,
                                      std::int64_t now_s) {
  std::optional<std::int64_t> expires;
  std::optional<std::int64_t> begins;
  std::optional<std::int64_t> issued;
  if (!read_date(claims, "exp", expires) || !read_date(claims, "nbf", begins) ||
      !read_date(claims, "iat", issued))
    return TokenFault::malformed;
  if (expires && *expires + token_leeway_s <= now_s) return TokenFault::expired;
  if (std::max(begins.value_or(0), issued.value_or(0)) > now_s + token_leeway_s)
    return TokenFault::not_yet;
  identity.expires_s = expires.value_or(0);
  identity.issued_s = issued.value_or(0);
  return std::nullopt;
}

}  // namespace

std::string pattern_for(std::string_view pattern, std::string_view user, bool is_exact) {
  std::string result;
  while (true) {
    const std::size_t at = pattern.find(template_name);
    result += pattern.substr(0, at);
    if (at == std::string_view::npos) return result;
    if (user.empty()) return {};
    for (const char c : user) {
      if (!is_exact && std::string_view("*?[]\\^-").find(c) != std::string_view::npos)
        result += '\\';
      result += c;
    }
    pattern.remove_prefix(at + template_name.size());
  }
}

std::optional<json::object> parse_claims(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  json::value parsed =
      json::parse(json::string_view(text.data(), text.size()), error, json::storage_ptr(), options);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

std::expected<TokenClaims, TokenFault> read_claims(std::string_view payload,
                                                   const TokenTrust& trust,
                                                   std::int64_t now_s) {
  const auto claims = parse_claims(payload);
  if (!claims || !is_json(payload)) return Fault(TokenFault::malformed);
  TokenClaims result;
  Identity& identity = result.identity;
  if (const auto fault = check_times(*claims, identity, now_s)) return Fault(*fault);
  if (!names(*claims, "aud", trust.audience)) return Fault(TokenFault::audience);
  if (!names(*claims, "iss", trust.issuer)) return Fault(TokenFault::issuer);
  if (!read_text(*claims, "sub", identity.user) || !read_text(*claims, "jti", identity.token_id) ||
      !read_text(*claims, "channel", result.channel) ||
      !read_texts(claims->if_contains("channels"), identity.channels) ||
      !read_capabilities(*claims, identity))
    return Fault(TokenFault::malformed);
  if (const auto info = json_member(payload, "info")) append_json_in_one_line(identity.info, *info);
  identity.has_token = true;
  return result;
}

}  // namespace duplex::realtime
