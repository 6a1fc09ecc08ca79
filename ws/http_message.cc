// Looking things up in requests, and making error responses.
#include "ws/http_message.h"

#include "base/text.h"
#include "realtime/json_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace duplex::ws {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string_view HttpRequest::path() const {
  return target.substr(0, target.find('?'));
}

std::string_view HttpRequest::field(std::string_view name) const {
  for (const HttpField& candidate : fields)
    if (base::equals_ignoring_case(candidate.name, name)) return candidate.value;
  return {};
}

bool HttpRequest::has_field(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const HttpField& candidate) {
    return base::equals_ignoring_case(candidate.name, name);
  });
}

bool HttpRequest::field_lists(std::string_view name, std::string_view word) const {
  for (const HttpField& candidate : fields) {
    if (!base::equals_ignoring_case(candidate.name, name)) continue;
    std::string_view rest = candidate.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (base::equals_ignoring_case(trimmed(rest.substr(0, end)), word)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

HttpResponse http_error(unsigned status, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"code":{},"message":)", status);
  realtime::append_json_string(response.body, message);
  response.body += "}\n";
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace duplex::ws
