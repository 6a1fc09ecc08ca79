// Messages of Socket.IO's adapters, read.
#include "base/base64.h"
#include "base/numbers.h"
#include "realtime/json_text.h"
#include "ws/socket_io_adapter_message.h"

#include <utility>

namespace duplex::ws {

namespace {

using realtime::json_elements;
using realtime::json_member;
using realtime::json_string;
using realtime::JsonWithBinary;
using Kind = AdapterMessage::Kind;
using Dialect = AdapterMessage::Dialect;

// The kinds by their numbers in the classic adapter's requests.
constexpr Kind request_kinds[] = {Kind::list_sockets,
                                  Kind::list_rooms,
                                  Kind::join,
                                  Kind::leave,
                                  Kind::disconnect,
                                  Kind::fetch_sockets,
                                  Kind::server_side_emit,
                                  Kind::ask};
// The same of the messages that all newer adapters share.
constexpr Kind cluster_kinds[] = {Kind::other,
                                  Kind::other,
                                  Kind::other,
                                  Kind::broadcast,
                                  Kind::join,
                                  Kind::leave,
                                  Kind::disconnect,
                                  Kind::fetch_sockets,
                                  Kind::other,
                                  Kind::server_side_emit};

// A payload is JSON if it begins as an object, else MessagePack.
std::optional<JsonWithBinary> read_payload(std::string_view payload) {
  if (!payload.starts_with('{')) return realtime::json_from_msgpack(payload);
  if (!realtime::is_json(payload)) return std::nullopt;
  return JsonWithBinary{std::string(payload), {}};
}

std::string text_member(std::string_view object, std::string_view name) {
  const auto member = json_member(object, name);
  return member ? json_string(*member).value_or("") : "";
}

std::optional<std::int64_t> number_member(std::string_view object, std::string_view name) {
  const auto member = json_member(object, name);
  return member ? base::parse_int64(*member) : std::nullopt;
}

bool is_true(std::string_view object, std::string_view name) {
  return json_member(object, name) == "true";
}

// Names of rooms; numbers are names as well.
std::vector<std::string> names_member(std::string_view object, std::string_view name) {
  std::vector<std::string> names;
  const auto member = json_member(object, name);
  const auto elements = member ? json_elements(*member) : std::nullopt;
  if (!elements) return names;
  for (const std::string_view element : *elements)
    names.push_back(json_string(element).value_or(std::string(element)));
  return names;
}

// An id that answers repeat as it is.
std::string request_id(std::string_view object) {
  const auto id = json_member(object, "requestId");
  return id && *id != "null" ? std::string(*id) : std::string();
}

// Reads `opts`; false if there are none.
bool read_options(std::string_view object, AdapterMessage& message) {
  const auto options = json_member(object, "opts");
  if (!options || !options->starts_with('{')) return false;
  message.target = {names_member(*options, "rooms"), names_member(*options, "except")};
  const auto flags = json_member(*options, "flags");
  if (!flags) return true;
  message.event.is_volatile = is_true(*flags, "volatile");
  message.timeout_ms = number_member(*flags, "timeout").value_or(0);
  return true;
}

// Reads the packet of a broadcast; false if it is none, or of another namespace.
bool read_packet(std::string_view packet,
                 std::vector<std::string> attachments,
                 std::optional<std::string_view> nsp,
                 AdapterMessage& message) {
  const auto data = json_member(packet, "data");
  if (!data || !data->starts_with('[') || *data == "[]") return false;
  if (nsp) {
    const auto name = json_member(packet, "nsp");
    if ((name ? json_string(*name) : "/") != *nsp) return false;
  }
  message.event.data = {std::string(*data), std::move(attachments)};
  return true;
}

// `data` of a message that the newer adapters share.
bool read_cluster_data(std::int64_t type, JsonWithBinary read, AdapterMessage& message) {
  if (type < 0 || type >= static_cast<std::int64_t>(std::size(cluster_kinds))) return true;
  message.kind = cluster_kinds[type];
  if (message.kind == Kind::other) return true;
  const std::string json = std::move(read.json);
  message.request_id = request_id(json);
  if (message.kind == Kind::server_side_emit) return true;
  if (!read_options(json, message)) return false;
  message.rooms = names_member(json, "rooms");
  message.closes_connection = is_true(json, "close");
  if (message.kind != Kind::broadcast) return true;
  if (!message.request_id.empty()) message.kind = Kind::ask;
  const auto packet = json_member(json, "packet");
  return packet && read_packet(*packet, std::move(read.attachments), std::nullopt, message);
}

std::optional<AdapterMessage> read_cluster(JsonWithBinary read,
                                           Dialect dialect,
                                           std::string_view nsp) {
  AdapterMessage message;
  message.dialect = dialect;
  message.uid = text_member(read.json, "uid");
  const auto type = number_member(read.json, "type");
  if (!type || text_member(read.json, "nsp") != nsp) return std::nullopt;
  const auto data = json_member(read.json, "data");
  JsonWithBinary inner{data ? std::string(*data) : "{}", std::move(read.attachments)};
  if (!read_cluster_data(*type, std::move(inner), message)) return std::nullopt;
  return message;
}

}  // namespace

std::optional<AdapterMessage> read_broadcast(std::string_view payload, std::string_view nsp) {
  auto read = read_payload(payload);
  if (!read) return std::nullopt;
  if (read->json.starts_with('{'))
    return read_cluster(std::move(*read), Dialect::cluster_msgpack, nsp);
  const auto parts = json_elements(read->json);
  if (!parts || parts->size() < 3) return std::nullopt;
  AdapterMessage message;
  message.kind = Kind::broadcast;
  message.uid = json_string((*parts)[0]).value_or("");
  const std::string wrapped = std::string(R"({"opts":)").append((*parts)[2]) + "}";
  if (!read_options(wrapped, message) ||
      !read_packet((*parts)[1], std::move(read->attachments), nsp, message))
    return std::nullopt;
  return message;
}

std::optional<AdapterMessage> read_request(std::string_view payload) {
  auto read = read_payload(payload);
  if (!read) return std::nullopt;
  const std::string_view json = read->json;
  const auto type = number_member(json, "type");
  if (!type || *type < 0) return std::nullopt;
  AdapterMessage message;
  if (*type >= static_cast<std::int64_t>(std::size(request_kinds))) return message;
  message.kind = request_kinds[*type];
  message.uid = text_member(json, "uid");
  message.request_id = request_id(json);
  message.rooms = names_member(json, "rooms");
  message.closes_connection = is_true(json, "close");
  const bool has_options = read_options(json, message);
  if (message.kind == Kind::list_sockets) {
    message.target.rooms = std::exchange(message.rooms, {});
  } else if (message.kind == Kind::ask) {
    const auto packet = json_member(json, "packet");
    if (!has_options || !packet ||
        !read_packet(*packet, std::move(read->attachments), std::nullopt, message))
      return std::nullopt;
  } else if (!has_options && (message.kind == Kind::join || message.kind == Kind::leave ||
                              message.kind == Kind::disconnect)) {
    // What adapters up to version 6 say: one socket, one room.
    message.target.rooms = {text_member(json, "sid")};
    if (message.target.rooms.front().empty()) return std::nullopt;
    if (message.kind != Kind::disconnect) message.rooms = {text_member(json, "room")};
  } else if (message.kind == Kind::fetch_sockets && !has_options) {
    return std::nullopt;
  }
  return message;
}

std::optional<AdapterMessage> read_cluster_message(std::string_view payload, std::string_view nsp) {
  auto read = read_payload(payload);
  if (!read || !read->json.starts_with('{')) return std::nullopt;
  const bool is_json = payload.starts_with('{');
  return read_cluster(
      std::move(*read), is_json ? Dialect::cluster_json : Dialect::cluster_msgpack, nsp);
}

std::optional<StreamEntry> read_stream_entry(std::string_view fields) {
  if (!realtime::is_json(fields)) return std::nullopt;
  const auto type = base::parse_int64(text_member(fields, "type"));
  const std::string data = text_member(fields, "data");
  std::optional<JsonWithBinary> read;
  if (data.empty()) {
    read = JsonWithBinary{"{}", {}};
  } else if (data.starts_with('{')) {
    read = read_payload(data);
  } else if (const auto bytes = base::decode_base64(data)) {
    read = realtime::json_from_msgpack(*bytes);
  }
  StreamEntry entry{.nsp = text_member(fields, "nsp"), .message = {}};
  entry.message.dialect = Dialect::cluster_msgpack;
  entry.message.uid = text_member(fields, "uid");
  if (!type || !read || !read_cluster_data(*type, std::move(*read), entry.message))
    return std::nullopt;
  return entry;
}

}  // namespace duplex::ws
