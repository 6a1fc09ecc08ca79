// What the servers of a Socket.IO cluster tell each other over Redis, in one form for all adapters.
//
// Normative description: docs/socket_io_interop.md. Does no I/O.
#pragma once

#include "realtime/msgpack.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// Sockets: those in at least one of `rooms` (none: all), and in none of `except`. Each socket is in
// a room that has its id for a name.
struct SocketTarget {
  std::vector<std::string> rooms;
  std::vector<std::string> except;

  bool operator==(const SocketTarget&) const = default;
};

// An event for clients.
struct SocketEvent {
  realtime::JsonWithBinary data;  // an array: the name and the arguments
  bool is_volatile = false;       // may be dropped for those who are not ready for it

  bool operator==(const SocketEvent&) const = default;
};

struct AdapterMessage {
  enum class Kind : std::uint8_t {
    broadcast,         // event to target
    ask,               // the same; everyone acknowledges
    join,              // target enters rooms
    leave,             // target leaves rooms
    disconnect,        // target's namespace ends, or its connection
    fetch_sockets,     // who is in target
    list_sockets,      // only their ids
    list_rooms,        // names of all rooms
    server_side_emit,  // for the servers' own code
    other,             // nothing to do: answers, heartbeats
  };
  // How an answer has to be written.
  enum class Dialect : std::uint8_t { classic, cluster_json, cluster_msgpack };

  Kind kind = Kind::other;
  Dialect dialect = Dialect::classic;
  std::string uid;         // of the server that sent it
  std::string request_id;  // JSON; empty: no answer is wanted
  SocketTarget target;
  std::vector<std::string> rooms;  // join, leave
  SocketEvent event;               // broadcast, ask
  bool closes_connection = false;  // disconnect
  std::int64_t timeout_ms = 0;     // ask: how long acknowledgements are waited for; 0: not said
};

// What is published on `socket.io#/nsp#…`: the classic adapter's and the emitter's broadcasts, and
// what the streams adapter asks. Nothing if it makes no sense or is about another namespace.
std::optional<AdapterMessage> read_broadcast(std::string_view payload, std::string_view nsp);
// What is published on `socket.io-request#/nsp#`.
std::optional<AdapterMessage> read_request(std::string_view payload);
// What the sharded adapter publishes.
std::optional<AdapterMessage> read_cluster_message(std::string_view payload, std::string_view nsp);
// What the streams adapter adds to its stream: the entry's fields as a JSON object of texts.
struct StreamEntry {
  std::string nsp;
  AdapterMessage message;
};
std::optional<StreamEntry> read_stream_entry(std::string_view fields);

// Who answers, or tells others something.
struct AdapterSender {
  std::string_view uid;
  std::string_view nsp;
};

// Answers, in the dialect of what was asked. Lists are JSON arrays. Require: there is a request_id.
std::string write_rooms(const AdapterMessage& asked, std::string_view names);
std::string write_socket_ids(const AdapterMessage& asked, std::string_view ids);
std::string write_sockets(const AdapterMessage& asked,
                          const AdapterSender& sender,
                          std::string_view sockets);
std::string write_done(const AdapterMessage& asked);
std::string write_client_count(const AdapterMessage& asked,
                               const AdapterSender& sender,
                               std::size_t clients);
// `answer`: the first argument of a client's acknowledgement.
std::string write_acknowledgement(const AdapterMessage& asked,
                                  const AdapterSender& sender,
                                  const realtime::JsonWithBinary& answer);
// The answer of a server whose code does not listen: null.
std::string write_server_side_answer(const AdapterMessage& asked, const AdapterSender& sender);

// An event of ours, as each adapter's readers understand it.
std::string write_broadcast(const AdapterSender& sender,
                            const SocketTarget& target,
                            const SocketEvent& event);
std::string write_cluster_broadcast(const AdapterSender& sender,
                                    const SocketTarget& target,
                                    const SocketEvent& event);
// The field `data` of a stream's entry of type 3.
std::string write_stream_broadcast(const AdapterSender& sender,
                                   const SocketTarget& target,
                                   const SocketEvent& event);

// "socket.io#/chat#" and "socket.io#/chat#room#"; `prefix` is socket.io.
std::string broadcast_channel(std::string_view prefix, std::string_view nsp);
std::string room_channel(std::string_view prefix, std::string_view nsp, std::string_view room);
// "socket.io-request#/chat#" and "socket.io-response#/chat#".
std::string request_channel(std::string_view prefix, std::string_view nsp);
std::string response_channel(std::string_view prefix, std::string_view nsp);
// A stream's name: `name` itself, or with -n behind it if there are several.
std::string stream_of_namespace(std::string_view name, std::size_t count, std::string_view nsp);

}  // namespace duplex::ws
