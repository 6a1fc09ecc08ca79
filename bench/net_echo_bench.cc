// What does the I/O core cost a request, without any parser or store?
// Baseline: epoll, one call per receive and per send; the prototypes of io_uring took about half of
// its CPU. Decides: the default of io-backend. The counter loop_us is the loop thread's own CPU
// time per message over Unix sockets; the time that is printed contains the client's.
#include "net/event_loop.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <pthread.h>
#include <span>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <time.h>
#include <utility>
#include <vector>

namespace {

using namespace duplex;

constexpr std::size_t message_bytes = 40;

class Echo final : public net::SocketHandler {
 public:
  Echo(net::EventLoop& loop, net::Descriptor connected)
      : socket_(loop.add_socket(std::move(connected), *this)) {}

 private:
  void on_data(std::span<const char> bytes) override {
    socket_.out().append({bytes.data(), bytes.size()});
    socket_.mark_dirty();
  }
  void on_closed(net::CloseReason) override { delete this; }

  net::Socket& socket_;
};

double cpu_us(std::thread& thread) {
  clockid_t clock;
  timespec time;
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 ||
      ::clock_gettime(clock, &time) != 0)
    std::abort();
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// Every connection sends `depth` messages at once and waits for all answers.
void BM_Echo(benchmark::State& state, net::BackendChoice backend) {
  const auto connections = static_cast<std::size_t>(state.range(0));
  const auto depth = static_cast<std::size_t>(state.range(1));
  net::EventLoop loop({.index = 0, .backend = backend});
  std::thread thread([&] { loop.run(); });
  std::vector<net::Descriptor> peers;
  for (std::size_t i = 0; i < connections; ++i) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    peers.emplace_back(ends[0]);
    loop.post(
        [&loop, end = net::Descriptor(ends[1])]() mutable { new Echo(loop, std::move(end)); });
  }

  const std::string request(message_bytes * depth, 'm');
  std::string answer(request.size(), '\0');
  const double before_us = cpu_us(thread);
  for (auto _ : state) {
    for (const net::Descriptor& peer : peers)
      if (::send(peer.fd(), request.data(), request.size(), 0) < 0) std::abort();
    for (const net::Descriptor& peer : peers)
      if (::recv(peer.fd(), answer.data(), answer.size(), MSG_WAITALL) < 0) std::abort();
  }
  const double messages = static_cast<double>(state.iterations()) *
                          static_cast<double>(connections) * static_cast<double>(depth);
  state.SetItemsProcessed(static_cast<std::int64_t>(messages));
  state.counters["loop_us"] = (cpu_us(thread) - before_us) / messages;
  loop.stop();
  thread.join();
}
BENCHMARK_CAPTURE(BM_Echo, uring, net::BackendChoice::automatic)
    ->ArgsProduct({{50, 500}, {1, 16}})
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Echo, epoll, net::BackendChoice::epoll)
    ->ArgsProduct({{50, 500}, {1, 16}})
    ->UseRealTime();

}  // namespace
