// The choice of the back end, also where io_uring is forbidden.
#include "net/backend.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace duplex::net {
namespace {

// Makes io_uring_setup fail in this process, as a container's filter does.
void forbid_uring(unsigned error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    std::_Exit(2);
}

[[noreturn]] void exit_with(bool good) {
  std::_Exit(good ? 0 : 1);
}

TEST(Backend, ReadsTheNamesOfIoBackend) {
  EXPECT_EQ(parse_backend_choice("auto"), BackendChoice::automatic);
  EXPECT_EQ(parse_backend_choice("URING"), BackendChoice::uring);
  EXPECT_EQ(parse_backend_choice("epoll"), BackendChoice::epoll);
  EXPECT_EQ(parse_backend_choice("select"), std::nullopt);
}

TEST(Backend, UsesWhatIsAskedFor) {
  EXPECT_EQ(choose_backend(BackendChoice::epoll).backend->name(), "epoll");
  EXPECT_EQ(choose_backend(BackendChoice::uring).backend->name(), "io_uring");
  EXPECT_EQ(choose_backend(BackendChoice::automatic).reason, "using io_uring");
}

TEST(BackendDeathTest, FallsBackToEpollWhereUringIsForbidden) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        forbid_uring(EPERM);
        const ChosenBackend chosen = choose_backend(BackendChoice::automatic);
        exit_with(chosen.backend && chosen.backend->name() == "epoll" &&
                  chosen.reason == "io_uring refused: Operation not permitted, using epoll");
      },
      ::testing::ExitedWithCode(0),
      "");
}

TEST(BackendDeathTest, FallsBackToEpollWhereUringIsMissing) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        forbid_uring(ENOSYS);
        exit_with(choose_backend(BackendChoice::automatic).reason ==
                  "io_uring refused: Function not implemented, using epoll");
      },
      ::testing::ExitedWithCode(0),
      "");
}

TEST(BackendDeathTest, SaysWhyADemandedUringIsRefused) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        forbid_uring(EPERM);
        const ChosenBackend chosen = choose_backend(BackendChoice::uring);
        exit_with(!chosen.backend && chosen.reason == "io_uring refused: Operation not permitted");
      },
      ::testing::ExitedWithCode(0),
      "");
}

}  // namespace
}  // namespace duplex::net
