// The log on a disk in memory: what is written when, group commit, and the change of increments.
#include "aof/log.h"

#include "aof/log_bytes.h"
#include "aof/log_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace duplex::aof {
namespace {

using test::Args;
using test::LogFixture;
using test::read_all;
using test::record;

class LogOnAGoodDisk : public LogFixture {};

TEST_F(LogOnAGoodDisk, WritesWhatWasAppendedWithOneWrite) {
  open(FsyncPolicy::no);
  const int writes_before = faults.writes();

  const Lsn first = append(0, {"SET", "a", "1"});
  const Lsn second = append(0, {"SET", "b", "2"});

  EXPECT_EQ(log->appended(), second);
  EXPECT_EQ(log->written(), 0u);
  EXPECT_TRUE(log->commit(second));
  EXPECT_EQ(log->written(), second);
  EXPECT_EQ(faults.writes(), writes_before + 1);
  EXPECT_TRUE(log->commit(first));
  EXPECT_EQ(faults.writes(), writes_before + 1);
  const std::string records =
      record({"SELECT", "0"}) + record({"SET", "a", "1"}) + record({"SET", "b", "2"});
  EXPECT_EQ(second, records.size());
  EXPECT_EQ(directory.bytes(increment(1)), test::stream_start(0) + test::batch(records, second));
}

TEST_F(LogOnAGoodDisk, SelectsOnlyWhenTheDatabaseChanges) {
  open(FsyncPolicy::no);

  append(2, {"DEL", "a"});
  append(2, {"DEL", "b"});
  append(0, {"DEL", "c"});
  LogUnit unit;
  add(unit, 0, {"DEL", "d"});
  add(unit, 5, {"DEL", "e"});
  log->append(unit);
  append(5, {"DEL", "f"});
  log->flush();

  EXPECT_EQ(records_of(1),
            (std::vector<Args>{{"SELECT", "2"},
                               {"DEL", "a"},
                               {"DEL", "b"},
                               {"SELECT", "0"},
                               {"DEL", "c"},
                               {"MULTI"},
                               {"DEL", "d"},
                               {"SELECT", "5"},
                               {"DEL", "e"},
                               {"EXEC"},
                               {"DEL", "f"}}));
}

TEST_F(LogOnAGoodDisk, GoesOnWhereTheStreamEnded) {
  open(FsyncPolicy::no);
  append(0, {"SET", "a", "1"});
  log->close();
  const auto first = read_all(directory.bytes(increment(1)));

  open(FsyncPolicy::no, {test::store_id, 2, first.position.offset});
  EXPECT_EQ(log->appended(), first.position.offset);
  append(0, {"SET", "b", "2"});
  log->close();

  const auto second = read_all(directory.bytes(increment(1)));
  EXPECT_EQ(second.status, ReadStatus::end);
  EXPECT_EQ(second.records.size(), 4u);
  EXPECT_EQ(second.position.offset, 2 * first.position.offset);
  EXPECT_EQ(second.position.epoch, 2u);
}

TEST_F(LogOnAGoodDisk, SyncsBeforeDurableUnderAlways) {
  open(FsyncPolicy::always);
  faults.hold_syncs();

  const Lsn lsn = append(0, {"SET", "a", "1"});
  EXPECT_TRUE(log->commit(lsn));

  wait_until([&] { return faults.waiting_syncs() == 1; });
  EXPECT_LT(log->durable(), lsn);
  EXPECT_LT(log->releasable(), lsn);
  faults.release_syncs();
  wait_for_durable(lsn);
  EXPECT_EQ(log->releasable(), lsn);
}

TEST_F(LogOnAGoodDisk, CoversWhatWasWrittenDuringASyncWithOneMore) {
  open(FsyncPolicy::always);
  const Lsn first = append(0, {"SET", "a", "0"});
  log->commit(first);
  wait_for_durable(first);
  faults.hold_syncs();
  log->commit(append(0, {"SET", "a", "1"}));
  wait_until([&] { return faults.waiting_syncs() == 1; });
  const int syncs_before = faults.syncs();

  Lsn last = 0;
  for (int i = 0; i < 50; ++i) {
    last = append(0, {"SET", "a", std::to_string(i)});
    log->commit(last);
  }
  faults.release_syncs();
  wait_for_durable(last);

  EXPECT_EQ(faults.syncs(), syncs_before + 1);
}

TEST_F(LogOnAGoodDisk, KeepsTheFileLongerThanItsContentUnderAlways) {
  options.reserve_bytes = 1000;
  open(FsyncPolicy::always);
  std::set<std::size_t> sizes;
  for (int i = 0; i < 500; ++i) {
    const Lsn last = append(0, {"SET", "a", std::string(static_cast<std::size_t>(i % 89), 'v')});
    log->commit(last);
    wait_for_durable(last);
    const std::string bytes = directory.bytes(increment(1));
    sizes.insert(bytes.size());
    // Whoever reads lines finds the padding to be comments, and where to go on behind it.
    const std::string_view content = without_padding(bytes);
    EXPECT_EQ(log->stats().current_bytes, content.size());
    EXPECT_EQ(read_all(bytes).position.offset, last);
    EXPECT_EQ(bytes.back(), '\n');
    EXPECT_EQ(content.substr(content.size() - 2), "\r\n");
    EXPECT_NE(bytes.substr(content.size(), 1), "\n");
    for (std::size_t at = content.size(); at < bytes.size(); at = bytes.find('\n', at) + 1)
      EXPECT_LT(bytes.find('\n', at) - at, 126u);
  }
  EXPECT_LT(sizes.size(), 100u);

  // The one that is given up has none, and the log that has ended has none.
  ASSERT_TRUE(log->start_increment());
  EXPECT_EQ(directory.bytes(increment(1)).back(), '\n');
  log->commit(append(0, {"SET", "b", "1"}));
  log->close();
  EXPECT_EQ(directory.bytes(increment(2)).back(), '\n');
  EXPECT_EQ(records_of(2).size(), 2u);
}

TEST_F(LogOnAGoodDisk, SyncsOnceInAnIntervalUnderEverysec) {
  options.sync_interval = std::chrono::milliseconds(20);
  open(FsyncPolicy::everysec);

  const Lsn lsn = append(0, {"SET", "a", "1"});
  log->commit(lsn);

  EXPECT_EQ(log->releasable(), lsn);
  wait_for_durable(lsn);
}

TEST_F(LogOnAGoodDisk, ChangesThePolicyWhileItRuns) {
  open(FsyncPolicy::no);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  log->commit(lsn);
  EXPECT_EQ(log->durable(), 0u);

  log->set_policy(FsyncPolicy::always);

  EXPECT_EQ(log->policy(), FsyncPolicy::always);
  wait_for_durable(lsn);
}

TEST_F(LogOnAGoodDisk, TellsAboutProgress) {
  open(FsyncPolicy::always);

  const Lsn lsn = append(0, {"SET", "a", "1"});
  log->commit(lsn);

  wait_until([&] { return reported_durable == lsn; });
}

TEST_F(LogOnAGoodDisk, KeepsOneOrderFromManyThreads) {
  open(FsyncPolicy::always);
  constexpr int per_thread = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < per_thread; ++i) {
        const Lsn lsn = append(t, {"SET", "k" + std::to_string(t), std::to_string(i)});
        if (i % 7 == 0) {
          EXPECT_TRUE(log->commit(lsn));
        }
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  log->close();

  const auto reading = read_all(directory.bytes(increment(1)));
  EXPECT_EQ(reading.status, ReadStatus::end);
  EXPECT_EQ(reading.position.offset, log->durable());
  std::string db;
  std::map<std::string, int> next;
  for (const Args& args : reading.records) {
    if (args[0] == "SELECT") {
      db = args[1];
      continue;
    }
    ASSERT_EQ(args[1], "k" + db);
    ASSERT_EQ(args[2], std::to_string(next[args[1]]++));
  }
  EXPECT_EQ(next, (std::map<std::string, int>{{"k0", 2000}, {"k1", 2000}, {"k2", 2000}}));
}

TEST_F(LogOnAGoodDisk, ChangesTheIncrementAtTheCut) {
  open(FsyncPolicy::no);
  append(0, {"SET", "before", "1"});

  ASSERT_TRUE(log->prepare_increment());
  EXPECT_FALSE(log->prepare_increment());
  append(0, {"SET", "before", "2"});
  const Lsn cut = log->switch_increment();
  append(0, {"SET", "after", "1"});
  EXPECT_TRUE(log->flush());

  const auto old = read_all(directory.bytes(increment(1)));
  EXPECT_EQ(old.position.offset, cut);
  EXPECT_EQ(old.records.back(), (Args{"SET", "before", "2"}));
  const auto fresh = read_all(directory.bytes(increment(2)), old.position);
  EXPECT_EQ(fresh.status, ReadStatus::end);
  EXPECT_EQ(fresh.records, (std::vector<Args>{{"SELECT", "0"}, {"SET", "after", "1"}}));
  EXPECT_EQ(fresh.position.offset, log->written());
  EXPECT_EQ(directory.bytes("appendonly.aof.manifest"),
            "file appendonly.aof.1.incr.aof seq 1 type i\n"
            "file appendonly.aof.2.incr.aof seq 2 type i\n");
}

TEST_F(LogOnAGoodDisk, ChangesTheIncrementWhileOthersWrite) {
  open(FsyncPolicy::always);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop)
      log->commit(append(0, {"INCR", "k"}));
  });
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(log->start_increment());
  stop = true;
  writer.join();
  log->close();

  StreamPosition position;
  for (std::uint64_t sequence = 1; sequence <= 21; ++sequence) {
    SCOPED_TRACE(sequence);
    const auto reading = read_all(directory.bytes(increment(sequence)), position);
    EXPECT_EQ(reading.status, ReadStatus::end);
    position = reading.position;
  }
  EXPECT_EQ(position.offset, log->durable());
}

TEST_F(LogOnAGoodDisk, InstallsABaseAndDeletesWhatItReplaces) {
  open(FsyncPolicy::no);
  log->commit(append(0, {"SET", "a", "1"}));
  const auto second = log->start_increment();
  ASSERT_TRUE(second);
  log->commit(append(0, {"SET", "b", "1"}));
  const ManifestEntry base = log->next_base(BaseForm::rdb);
  directory.content(base.name)->write(0, "REDIS0010");

  ASSERT_TRUE(log->install_base(base, 2));

  EXPECT_TRUE(directory.has(increment(1)));
  EXPECT_EQ(log->manifest().history, (std::vector{ManifestEntry{increment(1), 1}}));

  log->delete_history();

  EXPECT_FALSE(directory.has(increment(1)));
  EXPECT_TRUE(directory.has(increment(2)));
  EXPECT_EQ(directory.bytes("appendonly.aof.manifest"),
            "file appendonly.aof.1.base.rdb seq 1 type b\n"
            "file appendonly.aof.2.incr.aof seq 2 type i\n");
  EXPECT_EQ(log->stats().current_bytes, 9 + directory.bytes(increment(2)).size());
  EXPECT_EQ(log->stats().base_bytes, log->stats().current_bytes);
}

TEST_F(LogOnAGoodDisk, CountsForInfo) {
  open(FsyncPolicy::no);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  EXPECT_EQ(log->stats().pending_bytes, lsn);

  log->commit(lsn);

  EXPECT_EQ(log->stats().pending_bytes, 0u);
  EXPECT_EQ(log->stats().current_bytes, directory.bytes(increment(1)).size());
  EXPECT_EQ(log->stats().writes, 1u);
  EXPECT_TRUE(log->close());
  EXPECT_EQ(log->stats().syncs, 1u);
  EXPECT_GE(log->stats().last_sync_us, 0);
  EXPECT_EQ(log->durable(), lsn);
}

}  // namespace
}  // namespace duplex::aof
