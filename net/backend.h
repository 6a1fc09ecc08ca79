// How a loop talks to the kernel: the interface of io_uring and epoll, and the choice between them.
#pragma once

#include "net/transfer.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::net {

// How many sends go to the kernel before a loop looks for completions again. More would let other
// clients wait behind a fan-out, and cost about the same per send.
inline constexpr std::size_t sends_per_submit_max = 256;
// The most that one send takes from a queue, so that one client cannot hold up the loop.
inline constexpr std::size_t send_bytes_max = std::size_t{1} << 20;
// Segments of a gathered send.
inline constexpr std::size_t send_segments_max = 64;

// A listening descriptor. The same lifetime rule as for Transfer.
class AcceptSource {
 public:
  explicit AcceptSource(int descriptor) : fd(descriptor) {}
  AcceptSource(const AcceptSource&) = delete;
  AcceptSource& operator=(const AcceptSource&) = delete;
  virtual ~AcceptSource() = default;

  // Takes ownership of a connected descriptor in blocking mode, close-on-exec.
  virtual void accepted(int connected_fd) = 0;
  // accept failed with this errno and the back end has stopped accepting.
  virtual void accept_failed(int error) = 0;

  const int fd;
  bool accept_wanted = false;
  bool accept_armed = false;
  std::uint32_t under_way = 0;
};

// True for errors of accept that say nothing about the listening socket: simply accept again.
bool is_passing_accept_error(int error);

// A descriptor of the loop itself that becomes readable. Lives as long as the back end.
class Watch {
 public:
  // edge: told once per event, nothing needs to be read. level: told as long as it is readable.
  enum class Mode : std::uint8_t { edge, level };
  Watch(int descriptor, Mode reported) : fd(descriptor), mode(reported) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  virtual void ready() = 0;

  const int fd;
  const Mode mode;

 protected:
  ~Watch() = default;
};

// One loop's access to the kernel. All descriptors are in blocking mode; no call here blocks
// except wait().
//
// Thread: may be made on any thread; from start() on confined to the loop's.
class Backend {
 public:
  virtual ~Backend() = default;

  // "io_uring" or "epoll".
  virtual std::string_view name() const = 0;
  virtual void start() = 0;

  // Delivers input until it ends, fails, or stop_receiving(); what is under way then may still
  // come.
  virtual void receive(Transfer& transfer) = 0;
  virtual void stop_receiving(Transfer& transfer) = 0;
  // Sends from the front of the queue, at most send_bytes_max. Requires: nothing being sent.
  virtual void send(Transfer& transfer) = 0;
  // How many more send() calls this pass allows.
  virtual std::size_t sends_left() const = 0;
  // Gives up everything under way; under_way becomes 0 in one of the next wait() calls at latest.
  // Not to be called twice.
  virtual void abandon(Transfer& transfer) = 0;

  virtual void accept(AcceptSource& source) = 0;
  virtual void stop_accepting(AcceptSource& source) = 0;

  virtual void watch(Watch& watch) = 0;

  // Hands queued work to the kernel and reports what it has completed. With may_block and nothing
  // to report, sleeps until there is something.
  virtual void wait(bool may_block) = 0;
};

// The values of io-backend.
enum class BackendChoice : std::uint8_t { automatic, uring, epoll };
std::optional<BackendChoice> parse_backend_choice(std::string_view text);

struct ChosenBackend {
  std::unique_ptr<Backend> backend;  // null when everything that was allowed was refused
  std::string reason;  // for the log: "io_uring refused: Operation not permitted, using epoll"
};
ChosenBackend choose_backend(BackendChoice choice);

}  // namespace duplex::net
