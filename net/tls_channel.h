// TLS on one connection: records in, plain text out, and the other way round. No I/O.
#pragma once

#include "net/out_queue.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct bio_method_st;
struct bio_st;
struct ssl_st;

namespace duplex::net {

class TlsContext;

// The most plain text that one record holds.
inline constexpr std::size_t tls_record_bytes_max = 16 * 1024;
// What a client may send until its handshake is over: its certificates are most of it.
inline constexpr std::size_t tls_handshake_bytes_max = 64 * 1024;
// Sealed bytes that wait for the kernel; the rest of a long reply stays plain until they have left.
inline constexpr std::size_t tls_sealed_bytes_max = 256 * 1024;
// What the protocol itself may owe to a client that does not read: answers to its key updates.
inline constexpr std::size_t tls_answer_bytes_max = 16 * 1024;

// Sits inside a Socket, between its handler and the back end's queue `wire`. OpenSSL reads straight
// from the receive buffer and writes straight to the queue: its BIO here is nothing but that.
//
// Thread: confined to its socket's loop. Contexts may be shared: SSL_CTX has locks of its own, for
// its session cache and its counts.
// Lifetime: `wire` outlives it, or its use; the context need not.
class TlsChannel {
 public:
  // shaking:   the handshake is not over; nothing can be sealed yet.
  // ended:     the peer has said that it sends nothing more; sealing is still possible.
  // failed:    broken, error() says why; only what is on the wire is of any use.
  enum class State : std::uint8_t { shaking, open, ended, failed };

  TlsChannel(const TlsContext& context, OutQueue& wire);
  // The channel goes to another socket. Requires: nothing on the wire.
  void set_wire(OutQueue& wire) { wire_ = &wire; }
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Takes what came from the peer: call read() until it returns 0, while `sealed` is valid.
  void feed(std::span<const char> sealed);
  // The next plain text, at most one record; 0 if there is none or if the state has changed.
  std::size_t read(std::span<char> into);

  // What is to be sealed.
  OutQueue& plain() { return plain_; }
  // Moves plain text to the wire, up to tls_sealed_bytes_max. With `last`, says goodbye behind the
  // last of it.
  void seal(bool last);

  State state() const { return state_; }
  const std::string& error() const { return error_; }

 private:
  // OpenSSL's calls.
  static const bio_method_st* method();
  static int bio_read(bio_st* bio, char* into, int bytes);
  static int bio_write(bio_st* bio, const char* from, int bytes);
  static long bio_control(bio_st* bio, int command, long number, void* pointer);

  void fail(std::string reason);
  bool write(const char* bytes, std::size_t count);

  OutQueue* wire_;
  OutQueue plain_;
  ssl_st* ssl_ = nullptr;
  std::span<const char> input_;
  std::size_t handshake_bytes_ = 0;
  std::size_t answer_bytes_ = 0;  // written while reading, and not known to have left
  State state_ = State::shaking;
  bool goodbye_said_ = false;
  std::string error_;
};

}  // namespace duplex::net
