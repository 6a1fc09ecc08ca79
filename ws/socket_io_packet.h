// Packets of Socket.IO 5: what Engine.IO's messages mean.
//
//   <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
//
// Normative description: docs/socket_io.md. Does no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

enum class SocketIoType : std::uint8_t {
  connect,
  disconnect,
  event,
  ack,
  connect_error,
  binary_event,
  binary_ack,
};

// Binary messages that may follow one packet.
inline constexpr std::size_t socket_io_attachments_max = 10;

// Names that clients and servers use for their own events.
bool is_reserved_event(std::string_view name);

// Views into the text that it was read from, or is written from.
struct SocketIoPacket {
  SocketIoType type = SocketIoType::event;
  std::size_t attachments = 0;
  std::string_view name_space = "/";
  std::optional<std::uint64_t> id{};
  std::string_view data{};  // JSON, or empty
};

// Reads a text message, without Engine.IO's type, and checks that the data is JSON of the shape
// that the packet's type demands. Nothing if it is malformed, or has more attachments than allowed.
std::optional<SocketIoPacket> read_socket_io_packet(std::string_view text);

// Are all the placeholders of attachments in this JSON ones of 0 to attachments - 1?
bool has_good_placeholders(std::string_view json, std::size_t attachments);

// Appends Engine.IO's type and the packet.
void append_socket_io_packet(std::string& out, const SocketIoPacket& packet);

// The packet and its attachments as WebSocket frames, to be sent to any number of sessions.
// Requires: packet.attachments == attachments.size(); the type is the one without attachments.
std::string encode_socket_io(const SocketIoPacket& packet,
                             std::span<const std::string> attachments);

// What stands between the brackets of a JSON array, element by element, as it stands there.
// Requires: `inside` comes from a text that is JSON.
std::vector<std::string_view> json_elements(std::string_view inside);
// The text without its brackets. Requires: a JSON array.
std::string_view inside_of_array(std::string_view array);
// The text of a JSON string; nothing if the JSON is something else. Requires: it is JSON.
std::optional<std::string> json_string_value(std::string_view json);

}  // namespace duplex::ws
