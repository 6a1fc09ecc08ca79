// HTTP requests and responses as the routes see them, whatever library reads and writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

struct HttpField {
  std::string_view name;
  std::string_view value;
};

// Views into the session's parser; valid while the request is being answered.
struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::vector<HttpField> fields;
  std::string_view body{};
  bool is_http_1_1 = true;
  std::string_view peer{};  // "127.0.0.1:50412"
  bool is_tls = false;

  // The target without its query.
  std::string_view path() const;
  // The value of the first field with that name, in any case; empty if there is none.
  std::string_view field(std::string_view name) const;
  bool has_field(std::string_view name) const;
  // Is the word one of the comma-separated values of that field, in any case?
  bool field_lists(std::string_view name, std::string_view word) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string_view content_type = "application/json";
  std::string body{};
  std::string_view page{};  // instead of a body: bytes that live for ever
  std::vector<std::pair<std::string_view, std::string>> fields{};
  std::uint64_t log_position = 0;  // leaves when the log is written up to here

  std::string_view content() const { return page.empty() ? std::string_view(body) : page; }
};

// {"code":…,"message":…}, the form of all errors; the code is the status.
HttpResponse http_error(unsigned status, std::string_view message);

// The reason phrase of a status that we send.
std::string_view reason_phrase(unsigned status);

}  // namespace duplex::ws
