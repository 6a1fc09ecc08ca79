// The log on a sick disk: full, failing to sync, losing what it could not sync, losing power.
#include "aof/log.h"
#include "aof/log_bytes.h"
#include "aof/log_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace duplex::aof {
namespace {

using test::Args;
using test::LogFixture;
using test::read_all;

class LogOnASickDisk : public LogFixture {};

TEST_F(LogOnASickDisk, LeavesNoHalfBatchOnAFullDisk) {
  open(FsyncPolicy::no);
  log->commit(append(0, {"SET", "a", "1"}));
  const std::string before = directory.bytes(increment(1));
  faults.fill_after(10);

  const Lsn lsn = append(0, {"SET", "b", "2"});

  EXPECT_FALSE(log->commit(lsn));
  EXPECT_EQ(log->failed(), (LogState{LogFailure::write, ENOSPC}));
  EXPECT_LT(log->written(), lsn);
  EXPECT_FALSE(log->stats().last_write_ok);
  EXPECT_EQ(directory.bytes(increment(1)), before);
}

TEST_F(LogOnASickDisk, WritesEverythingWhenThereIsRoomAgain) {
  open(FsyncPolicy::always);
  faults.fill_after(3);
  log->commit(append(0, {"SET", "a", "1"}));
  wait_until([&] { return bool{log->failed()}; });
  const Lsn second = append(0, {"SET", "b", "2"});
  EXPECT_FALSE(log->commit(second));
  wait_until([&] { return reports > 0; });
  const int reports_before = reports;

  faults.make_room();

  wait_for_health();
  wait_for_durable(second);
  wait_until([&] { return reports > reports_before; });
  EXPECT_EQ(records_of(1),
            (std::vector<Args>{{"SELECT", "0"}, {"SET", "a", "1"}, {"SET", "b", "2"}}));
  EXPECT_TRUE(log->commit(append(0, {"SET", "c", "3"})));
}

TEST_F(LogOnASickDisk, GoesOnWithoutPaddingWhereThereIsNoRoomForIt) {
  open(FsyncPolicy::always);
  faults.fill_after(200);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  EXPECT_TRUE(log->commit(lsn));
  wait_for_durable(lsn);
  EXPECT_FALSE(log->failed());
  EXPECT_EQ(directory.bytes(increment(1)).back(), '\n');
}

TEST_F(LogOnASickDisk, TellsEachTroubleByName) {
  struct Case {
    int error_number;
    std::string_view trouble;
  };
  open(FsyncPolicy::no);
  std::uint64_t failures = 0;
  for (const Case& c : {Case{ENOSPC, "full"},
                        {EDQUOT, "full"},
                        {EFBIG, "full"},
                        {EROFS, "read_only"},
                        {EIO, "write"}}) {
    SCOPED_TRACE(c.error_number);
    faults.fail_write(c.error_number);
    const Lsn lsn = append(0, {"SET", "a", "1"});
    EXPECT_FALSE(log->commit(lsn));

    EXPECT_EQ(trouble_of(log->stats()), c.trouble);
    EXPECT_EQ(log->stats().write_failures, ++failures);
    faults.fail_write(0);
    wait_for_health();
    EXPECT_EQ(trouble_of(log->stats()), "none");
    EXPECT_EQ(log->stats().failed_for_us, 0);
    EXPECT_EQ(log->written(), lsn);
  }
}

TEST_F(LogOnASickDisk, TellsASyncThatTakesLongWhileItRuns) {
  options.slow_sync = std::chrono::milliseconds(5);
  open(FsyncPolicy::always);
  faults.hold_syncs();
  const Lsn lsn = append(0, {"SET", "a", "1"});
  EXPECT_TRUE(log->commit(lsn));

  wait_until([&] { return log->stats().sync_is_slow; });
  EXPECT_EQ(trouble_of(log->stats()), "slow_fsync");
  log->watch();
  EXPECT_FALSE(log->failed());
  EXPECT_LT(log->releasable(), lsn);
  faults.release_syncs();

  wait_for_durable(lsn);
  EXPECT_EQ(log->stats().delayed_syncs, 1u);
  EXPECT_EQ(trouble_of(log->stats()), "none");
}

TEST_F(LogOnASickDisk, ReportsAFailureThatEndsAtOnce) {
  open(FsyncPolicy::no);
  faults.fill_after(3);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  const bool is_written = log->commit(lsn);
  faults.make_room();

  EXPECT_FALSE(is_written);
  wait_until([&] { return log->written() == lsn; });
  wait_until([&] { return reports > 0; });
}

TEST_F(LogOnASickDisk, CutsTheHalfBatchLaterWhenTruncationFailsToo) {
  open(FsyncPolicy::no);
  faults.fill_after(7);
  faults.fail_truncate(EIO);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  EXPECT_FALSE(log->commit(lsn));

  faults.make_room();
  wait_until([&] { return faults.writes() >= 2; });
  EXPECT_TRUE(log->failed());
  faults.fail_truncate(0);

  wait_for_health();
  EXPECT_EQ(read_all(directory.bytes(increment(1))).status, ReadStatus::end);
  EXPECT_EQ(records_of(1).size(), 2u);
}

TEST_F(LogOnASickDisk, StartsOnAFullDisk) {
  faults.fill_after(0);
  open(FsyncPolicy::no);
  EXPECT_EQ(log->failed().failure, LogFailure::write);

  faults.make_room();

  wait_for_health();
  EXPECT_TRUE(log->commit(append(0, {"SET", "a", "1"})));
  EXPECT_EQ(read_all(directory.bytes(increment(1))).status, ReadStatus::end);
}

TEST_F(LogOnASickDisk, WritesAgainWhatAFailedSyncLeftOpen) {
  open(FsyncPolicy::always);
  const Lsn first = append(0, {"SET", "a", "1"});
  log->commit(first);
  wait_for_durable(first);
  faults.fail_sync(EIO);

  const Lsn second = append(0, {"SET", "b", "2"});
  log->commit(second);
  wait_until([&] { return log->failed().failure == LogFailure::sync; });

  EXPECT_EQ(log->failed().error_number, EIO);
  EXPECT_EQ(trouble_of(log->stats()), "fsync");
  EXPECT_EQ(log->stats().sync_failures, 1u);
  EXPECT_EQ(log->durable(), first);
  EXPECT_FALSE(log->stats().last_sync_ok);
  const Lsn third = append(0, {"SET", "c", "3"});
  EXPECT_FALSE(log->commit(third));
  const int writes_before = faults.writes();
  faults.fail_sync(0);
  wait_for_health();
  wait_for_durable(third);
  EXPECT_GE(faults.writes(), writes_before + 2);
  directory.crash();
  EXPECT_EQ(records_of(1).size(), 4u);
  EXPECT_EQ(read_all(directory.bytes(increment(1))).status, ReadStatus::end);
}

TEST_F(LogOnASickDisk, StaysFailedWhenTheDiskHasLostBytes) {
  open(FsyncPolicy::always);
  const Lsn first = append(0, {"SET", "a", "1"});
  log->commit(first);
  wait_for_durable(first);
  faults.fail_sync(EIO, true);

  log->commit(append(0, {"SET", "b", "2"}));
  wait_until([&] { return log->failed().failure == LogFailure::lost; });
  EXPECT_EQ(trouble_of(log->stats()), "lost");
  faults.fail_sync(0);

  EXPECT_FALSE(log->commit(append(0, {"SET", "c", "3"})));
  EXPECT_FALSE(log->close());
  EXPECT_EQ(log->failed().failure, LogFailure::lost);
  EXPECT_EQ(log->durable(), first);
}

TEST_F(LogOnASickDisk, ChangesNoIncrementBeforeTheOldOneIsSynced) {
  open(FsyncPolicy::no);
  log->commit(append(0, {"SET", "a", "1"}));
  ASSERT_TRUE(log->prepare_increment());
  append(0, {"SET", "b", "2"});
  log->switch_increment();
  const Lsn after = append(0, {"SET", "c", "3"});
  faults.fail_sync(EIO);

  EXPECT_FALSE(log->commit(after));
  EXPECT_EQ(log->failed().failure, LogFailure::sync);
  EXPECT_EQ(directory.bytes(increment(2)), "");
  faults.fail_sync(0);
  wait_for_health();

  directory.crash();
  EXPECT_EQ(records_of(1).size(), 3u);
  EXPECT_EQ(log->written(), after);
}

TEST_F(LogOnASickDisk, KeepsWhatWasDurableThroughAPowerFailure) {
  open(FsyncPolicy::always);
  Lsn durable = 0;
  for (int i = 0; i < 20; ++i) {
    durable = append(0, {"SET", "k", std::to_string(i)});
    log->commit(durable);
    if (i == 10) {
      ASSERT_TRUE(log->start_increment());
    }
  }
  wait_for_durable(durable);
  log->set_policy(FsyncPolicy::no);
  log->commit(append(0, {"SET", "k", "lost"}));

  directory.crash();

  const auto first = read_all(directory.bytes(increment(1)));
  const auto second = read_all(directory.bytes(increment(2)), first.position);
  EXPECT_GE(second.position.offset, durable);
  EXPECT_EQ(first.records.size() + second.records.size(), 22u);
  EXPECT_EQ(first.records.back(), (Args{"SET", "k", "10"}));
  EXPECT_EQ(second.records.back(), (Args{"SET", "k", "19"}));
}

}  // namespace
}  // namespace duplex::aof
