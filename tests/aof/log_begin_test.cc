// A log that begins while there are data: no manifest names it before it has a base. And the lines
// that tell the time.
#include "aof/log_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::aof {
namespace {

using test::LogFixture;
using test::read_all;

class LogThatBegins : public LogFixture {
 protected:
  const std::string manifest_file = "appendonly.aof.manifest";

  // An earlier log with one increment.
  void leave_a_log() {
    open(FsyncPolicy::no);
    log->commit(append(0, {"SET", "old", "1"}));
    log->close();
    options.is_unlisted = true;
  }
  ManifestEntry make_base() {
    const ManifestEntry base = log->next_base(BaseForm::rdb);
    directory.content(base.name)->write(0, "REDIS0010");
    return base;
  }
};

TEST_F(LogThatBegins, IsNoBodysBeforeItHasABase) {
  leave_a_log();
  const std::string before = directory.bytes(manifest_file);

  open(FsyncPolicy::no);
  log->commit(append(0, {"SET", "new", "1"}));

  EXPECT_EQ(directory.bytes(manifest_file), before);
  EXPECT_EQ(records_of(1).size(), 2u);
  EXPECT_EQ(records_of(2).size(), 2u);
  EXPECT_EQ(log->stats().current_bytes, directory.bytes(increment(2)).size());

  ASSERT_TRUE(log->install_base(make_base(), 2));

  EXPECT_EQ(directory.bytes(manifest_file),
            "file appendonly.aof.1.base.rdb seq 1 type b\n"
            "file appendonly.aof.1.incr.aof seq 1 type h\n"
            "file appendonly.aof.2.incr.aof seq 2 type i\n");
  log->delete_history();
  EXPECT_FALSE(directory.has(increment(1)));
}

TEST_F(LogThatBegins, LeavesNothingIfItGetsNoBase) {
  leave_a_log();
  const std::string before = directory.bytes(manifest_file);
  open(FsyncPolicy::no);
  log->commit(append(0, {"SET", "new", "1"}));
  ASSERT_TRUE(log->start_increment());
  log->commit(append(0, {"SET", "newer", "1"}));

  EXPECT_TRUE(log->close());

  EXPECT_EQ(directory.bytes(manifest_file), before);
  EXPECT_TRUE(directory.has(increment(1)));
  EXPECT_FALSE(directory.has(increment(2)));
  EXPECT_FALSE(directory.has(increment(3)));
}

TEST_F(LogThatBegins, WithoutAnEarlierOneHasNoManifestAtFirst) {
  options.is_unlisted = true;
  open(FsyncPolicy::no);
  EXPECT_FALSE(directory.has(manifest_file));

  ASSERT_TRUE(log->install_base(make_base(), 1));
  log->commit(append(0, {"SET", "new", "1"}));

  EXPECT_EQ(directory.bytes(manifest_file),
            "file appendonly.aof.1.base.rdb seq 1 type b\n"
            "file appendonly.aof.1.incr.aof seq 1 type i\n");
}

TEST_F(LogThatBegins, TellsTheTimeIfAskedAndReadersSkipIt) {
  options.writes_times = true;
  open(FsyncPolicy::no);
  const Lsn lsn = append(0, {"SET", "a", "1"});
  log->commit(lsn);

  const std::string bytes = directory.bytes(increment(1));
  const std::size_t at = bytes.find("#TS:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(at, bytes.find("SELECT"));
  // The line is no part of the stream.
  EXPECT_EQ(
      lsn,
      std::string("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n")
          .size());
  EXPECT_EQ(read_all(bytes).records.size(), 2u);

  log->set_writes_times(false);
  ASSERT_TRUE(log->start_increment());
  log->commit(append(0, {"SET", "a", "2"}));

  EXPECT_EQ(directory.bytes(increment(2)).find("#TS:"), std::string::npos);
}

}  // namespace
}  // namespace duplex::aof
