// Tasks, timers, the before-flush hook, Asio inside the loop, and an idle loop that sleeps.
#include "net/event_loop.h"

#include "base/clock.h"
#include "net/loop_fixture.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

namespace duplex::net {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  // Waits on a timer of the loop itself: nothing else happens meanwhile.
  void let_pass(milliseconds time) {
    Awaited<bool> over;
    thread.run([&] { thread.loop().after(time, [&] { over.set(true); }); });
    over.wait();
  }

  LoopThread thread{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, EventLoopTest, both_backends(), backend_name);

TEST_P(EventLoopTest, RunsTasksOfManyThreadsInTheirOrder) {
  constexpr int tasks_per_thread = 2000;
  std::vector<int> last(4, -1);
  std::atomic<int> disorder = 0;

  std::vector<std::thread> posters;
  for (std::size_t poster = 0; poster < last.size(); ++poster)
    posters.emplace_back([&, poster] {
      for (int i = 0; i < tasks_per_thread; ++i)
        thread.loop().post([&, poster, i] {
          if (last[poster] != i - 1) ++disorder;
          last[poster] = i;
        });
    });
  for (std::thread& poster : posters)
    poster.join();
  thread.finish_pass();

  EXPECT_EQ(disorder, 0);
  for (const int number : last)
    EXPECT_EQ(number, tasks_per_thread - 1);
}

TEST_P(EventLoopTest, KnowsItsOwnThread) {
  EXPECT_FALSE(thread.loop().in_loop_thread());
  EXPECT_EQ(EventLoop::current(), nullptr);
  thread.run([&] {
    EXPECT_TRUE(thread.loop().in_loop_thread());
    EXPECT_EQ(EventLoop::current(), &thread.loop());
  });
}

TEST_P(EventLoopTest, RunsATaskThatATaskPosted) {
  Awaited<int> result;
  thread.loop().post([&] { thread.loop().post([&] { result.set(7); }); });
  EXPECT_EQ(result.wait(), 7);
}

TEST_P(EventLoopTest, TimersRunInOrderOfTheirDueTime) {
  std::vector<int> order;
  Awaited<bool> done;
  thread.run([&] {
    thread.loop().after(milliseconds(30), [&] {
      order.push_back(3);
      done.set(true);
    });
    thread.loop().after(milliseconds(10), [&] { order.push_back(1); });
    thread.loop().after(milliseconds(20), [&] { order.push_back(2); });
  });

  done.wait();

  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_P(EventLoopTest, NoTimerIsEarly) {
  Awaited<std::int64_t> fired_us;
  std::int64_t set_us = 0;
  thread.run([&] {
    set_us = base::steady_us();
    thread.loop().after(milliseconds(25), [&] { fired_us.set(base::steady_us()); });
  });
  EXPECT_GE(*fired_us.wait() - set_us, 25'000);
}

TEST_P(EventLoopTest, CancelledTimersDoNotRun) {
  bool ran = false;
  thread.run([&] {
    const TimerId later = thread.loop().after(milliseconds(5), [&] { ran = true; });
    thread.loop().after(milliseconds(1), [&, later] { thread.loop().cancel(later); });
  });
  let_pass(milliseconds(10));
  EXPECT_FALSE(thread.value_of<bool>([&] { return ran; }));
}

TEST_P(EventLoopTest, ARepeatedTimerMayCancelItself) {
  int count = 0;
  TimerId id = 0;
  Awaited<bool> done;
  thread.run([&] {
    id = thread.loop().every(milliseconds(1), [&] {
      if (++count < 5) return;
      thread.loop().cancel(id);
      done.set(true);
    });
  });
  done.wait();
  let_pass(milliseconds(10));
  EXPECT_EQ(thread.value_of<int>([&] { return count; }), 5);
}

TEST_P(EventLoopTest, IdleLoopsDoNotWake) {
  thread.finish_pass();
  const std::uint64_t before = thread.loop().statistics().passes;

  let_pass(milliseconds(60));

  // One pass takes the task that sets the timer, one its firing. A third may belong to the waking
  // of the test before.
  EXPECT_LE(thread.loop().statistics().passes - before, 3u);
}

TEST_P(EventLoopTest, AnIdleLoopWithAConnectionDoesNotWake) {
  Pair pair = tcp_pair();
  thread.add(std::move(pair.server), std::make_unique<FunctionHandler>());
  thread.finish_pass();
  const std::uint64_t before = thread.loop().statistics().passes;

  let_pass(milliseconds(60));

  EXPECT_LE(thread.loop().statistics().passes - before, 3u);
}

TEST_P(EventLoopTest, RepliesLeaveOnlyAfterTheHook) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  bool committed = true;
  std::string seen_early;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket& socket, std::span<const char> bytes) {
    committed = false;
    echo(socket, bytes);
  };
  thread.run([&] {
    thread.loop().set_before_flush([&] {
      if (committed) return;
      // Nothing may be on its way before this returns.
      char byte;
      if (::recv(peer.fd(), &byte, 1, MSG_DONTWAIT) == 1) seen_early += byte;
      committed = true;
    });
  });
  thread.add(std::move(pair.server), std::move(handler));

  for (int i = 0; i < 50; ++i) {
    peer.send("ping");
    ASSERT_EQ(peer.receive(4), "ping");
  }

  EXPECT_EQ(seen_early, "");
  thread.run([&] { thread.loop().set_before_flush(nullptr); });
}

TEST_P(EventLoopTest, WhatTheHookAppendsLeavesInTheSamePass) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = echo;
  Socket& socket = thread.add(std::move(pair.server), std::move(handler));
  bool appended = false;
  thread.run([&] {
    thread.loop().set_before_flush([&] {
      if (std::exchange(appended, true)) return;
      socket.out().append("late");
      socket.mark_dirty();
    });
  });
  EXPECT_EQ(peer.receive(4), "late");
  thread.run([&] { thread.loop().set_before_flush(nullptr); });
}

TEST_P(EventLoopTest, AsioTimersFireAndTheirHandlersRunOnTheLoop) {
  Awaited<bool> on_loop;
  std::unique_ptr<boost::asio::steady_timer> timer;
  thread.run([&] {
    timer = std::make_unique<boost::asio::steady_timer>(thread.loop().io_context());
    timer->expires_after(milliseconds(10));
    timer->async_wait(
        [&](boost::system::error_code) { on_loop.set(thread.loop().in_loop_thread()); });
  });
  EXPECT_EQ(on_loop.wait(), true);
  thread.run([&] { timer.reset(); });
}

TEST_P(EventLoopTest, RunsWhatIsPostedToItsIoContextFromATask) {
  Awaited<int> result;
  thread.run([&] {
    boost::asio::post(thread.loop().io_context(), [&] {
      boost::asio::post(thread.loop().io_context(), [&] { result.set(3); });
    });
  });
  EXPECT_EQ(result.wait(), 3);
}

TEST_P(EventLoopTest, WatchesDescriptorsOfAsioAgainAndAgain) {
  using boost::asio::ip::udp;
  Awaited<int> received;
  int count = 0;
  char byte[1];
  std::unique_ptr<udp::socket> reader;
  std::unique_ptr<udp::socket> writer;
  udp::endpoint target;
  std::function<void()> read_on = [&] {
    reader->async_receive(boost::asio::buffer(byte),
                          [&](boost::system::error_code ec, std::size_t) {
                            if (ec) return;
                            if (++count == 20) return received.set(count);
                            writer->send_to(boost::asio::buffer("x", 1), target);
                            read_on();
                          });
  };
  thread.run([&] {
    const udp::endpoint loopback(boost::asio::ip::address_v4::loopback(), 0);
    reader = std::make_unique<udp::socket>(thread.loop().io_context(), loopback);
    writer = std::make_unique<udp::socket>(thread.loop().io_context(), loopback);
    target = reader->local_endpoint();
    read_on();
    writer->send_to(boost::asio::buffer("x", 1), target);
  });
  EXPECT_EQ(received.wait(), 20);
  thread.run([&] {
    reader.reset();
    writer.reset();
  });
}

TEST_P(EventLoopTest, StopClosesSocketsAndTellsTheirOwners) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  std::optional<CloseReason> reason;
  auto handler = std::make_unique<FunctionHandler>();
  handler->closed = [&](Socket&, CloseReason why) { reason = why; };
  thread.add(std::move(pair.server), std::move(handler));

  thread.stop();

  EXPECT_EQ(reason, CloseReason::loop_stopped);
  EXPECT_EQ(peer.end(), 0);
}

TEST_P(EventLoopTest, ALoopThatNeverRanDropsItsTasks) {
  const auto witness = std::make_shared<int>(0);
  {
    EventLoop idle({.index = 1, .backend = GetParam()});
    idle.post([witness] {});
    idle.after(milliseconds(1), [witness] {});
  }
  EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(EventLoopTest, CountsBytesAndSockets) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = echo;
  Awaited<bool> closed;
  handler->closed = [&](Socket&, CloseReason) { closed.set(true); };
  thread.add(std::move(pair.server), std::move(handler));

  peer.send("12345");
  peer.receive(5);
  thread.finish_pass();
  const LoopStatistics open = thread.loop().statistics();
  peer.close();
  closed.wait();
  thread.finish_pass();

  EXPECT_EQ(open.bytes_received, 5u);
  EXPECT_EQ(open.bytes_sent, 5u);
  EXPECT_EQ(open.sockets, 1u);
  EXPECT_EQ(thread.loop().statistics().sockets, 0u);
  EXPECT_EQ(thread.loop().load(), 0u);
}

}  // namespace
}  // namespace duplex::net
