// What commands may ask of the front end a client came through.
#pragma once

#include <cstddef>
#include <cstdint>

namespace duplex::commands {

// Thread: confined to the client's loop, except where a function says otherwise.
class Connection {
 public:
  virtual ~Connection() = default;

  // Ends the connection when the replies queued so far are sent.
  virtual void close_after_reply() = 0;
  // Ends the connection soon. Thread: any; the client registry keeps the connection alive
  // meanwhile.
  virtual void request_close() = 0;
  // Lets a connection that a pause had postponed go on. Thread: any.
  virtual void request_resume() = 0;
  // Lets a connection look whether its client still waits for a key. Thread: any.
  virtual void request_unblock() = 0;
  // Lets a connection look whether its client's user still exists and still allows the channels
  // that the client has subscribed to. Thread: any.
  virtual void request_user_check() = 0;
  // Bytes of output that are not sent yet. Thread: any, a recent value.
  virtual std::size_t output_bytes() const = 0;
  // Bytes of input that are not executed yet. Thread: any, a recent value.
  virtual std::size_t input_bytes() const = 0;
};

}  // namespace duplex::commands
