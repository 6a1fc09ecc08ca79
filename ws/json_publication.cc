// How payloads become JSON.
#include "ws/json_publication.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"

namespace duplex::ws {

void append_publication(std::string& out, const PublicationView& publication) {
  const std::string_view data = publication.data;
  std::string_view tags = publication.tags;
  out += R"({"data":)";
  if (realtime::is_json(data)) {
    realtime::append_json_in_one_line(out, data);
  } else if (base::is_utf8(data)) {
    realtime::append_json_string(out, data);
  } else {
    realtime::append_json_string(out, base::base64(data));
    tags = R"({"encoding":"base64"})";
  }
  if (publication.offset != 0) {
    out += R"(,"offset":)";
    out += std::to_string(publication.offset);
  }
  if (!publication.info.empty()) {
    out += R"(,"info":)";
    realtime::append_json_in_one_line(out, publication.info);
  }
  if (!tags.empty()) {
    out += R"(,"tags":)";
    realtime::append_json_in_one_line(out, tags);
  }
  out += '}';
}

void append_push_head(std::string& out, std::string_view channel) {
  out += R"({"push":{"channel":)";
  realtime::append_json_string(out, channel);
}

}  // namespace duplex::ws
