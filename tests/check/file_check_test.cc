// What a check says about whole, torn and damaged files.
#include "check/file_check.h"

#include "aof/log_bytes.h"
#include "rdb/writer.h"
#include "store/hash.h"
#include "support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::check {
namespace {

using test::file_of;
using test::record;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string manifest =
    "file a.aof.1.base.rdb seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n"
    "file a.aof.2.incr.aof seq 2 type i\n";

std::string rdb_file(int keys = 3) {
  base::Buffer out;
  rdb::Writer writer(out, {});
  writer.aux("redis-ver", "7.2.4");
  writer.select(0, static_cast<std::uint64_t>(keys), 1);
  for (int i = 0; i < keys; ++i)
    writer.entry(*store::Entry::make_string(
        "key " + std::to_string(i), "text", i == 0 ? 4102444800000 : store::no_expiry));
  writer.end();
  return std::string(out.view());
}

const std::string set_a = record({"SELECT", "0"}) + record({"SET", "a", "1"});
const std::string group =
    record({"MULTI"}) + record({"SET", "b", "2"}) + record({"DEL", "a"}) + record({"EXEC"});

class FileCheck : public testing::Test {
 protected:
  Report check(const std::string& name) {
    auto report = check_path((folder.path() / name).string());
    EXPECT_TRUE(report) << report.error();
    return report.value_or(Report{});
  }
  Report check_bytes(std::string_view bytes) {
    folder.write("file", bytes);
    return check("file");
  }
  // A log of a base and two increments.
  void write_log(std::string_view first, std::string_view second) {
    folder.write("log/a.aof.manifest", manifest);
    folder.write("log/a.aof.1.base.rdb", rdb_file());
    folder.write("log/a.aof.1.incr.aof", first);
    folder.write("log/a.aof.2.incr.aof", second);
  }

  test::TemporaryFolder folder;
};

TEST_F(FileCheck, SaysWhatASnapshotHolds) {
  const Report report = check_bytes(rdb_file());
  EXPECT_THAT(report.problems(), IsEmpty());
  EXPECT_THAT(report.lines(), Contains(HasSubstr("RDB version 10")));
  EXPECT_THAT(report.lines(), Contains(HasSubstr("the checksum is right")));
  EXPECT_THAT(report.lines(), Contains("  db 0: 3 keys, 1 expiring"));
  EXPECT_THAT(report.lines(), Contains("    string: 3"));
}

TEST_F(FileCheck, FindsEveryCutAndFlipOfASnapshot) {
  const std::string file = rdb_file();
  for (std::size_t i = 0; i < file.size(); ++i) {
    SCOPED_TRACE(i);
    if (i > 0) {
      EXPECT_THAT(check_bytes(file.substr(0, i)).problems(), testing::SizeIs(1));
    }
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(check_bytes(flipped).problems().empty()) << bit;
    }
  }
}

TEST_F(FileCheck, FindsAKeyThatStandsTwice) {
  base::Buffer out;
  rdb::Writer writer(out, {});
  for (const int database : {0, 1, 0}) {
    writer.select(static_cast<std::uint64_t>(database), 1, 0);
    writer.entry(*store::Entry::make_string("again", "x", store::no_expiry));
  }
  writer.end();
  const Report report = check_bytes(out.view());
  EXPECT_THAT(report.problems(),
              testing::ElementsAre(HasSubstr("key 'again' (string) stands twice in database 0")));
}

TEST_F(FileCheck, SaysWhatALogHolds) {
  write_log(file_of({set_a}),
            test::stream_start(set_a.size()) + test::batch(group, set_a.size() + group.size()));
  const Report report = check("log");
  EXPECT_THAT(report.problems(), IsEmpty());
  EXPECT_THAT(report.lines(), Contains(HasSubstr("1 base, 2 increments, 0 waiting")));
  EXPECT_THAT(report.lines(), Contains("  2 commands: DEL 1, SET 1, 1 transaction"));
  EXPECT_THAT(report.lines(), Contains(HasSubstr("1 stream start and 1 batch vouch")));
  EXPECT_THAT(report.lines(),
              Contains(HasSubstr("ends at " + std::to_string(set_a.size() + group.size()))));
}

TEST_F(FileCheck, FindsEveryFlipInALogWithChecksums) {
  const std::string file = file_of({set_a, group});
  for (std::size_t i = 0; i < file.size() * 8; ++i) {
    SCOPED_TRACE(i / 8);
    std::string flipped = file;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(check_bytes(flipped).problems().empty());
  }
}

TEST_F(FileCheck, FindsEveryCutOfALogAndRepairsIt) {
  const std::string file = file_of({set_a, group});
  const std::size_t first_end = file_of({set_a}).size();
  for (std::size_t size = 1; size < file.size(); ++size) {
    SCOPED_TRACE(size);
    const Report report = check_bytes(file.substr(0, size));
    if (report.problems().empty()) {
      // Whole units without the line that vouches for them: said, but not wrong.
      EXPECT_THAT(report.lines(), testing::Not(IsEmpty()));
      continue;
    }
    ASSERT_TRUE(report.is_fixable());
    EXPECT_EQ(report.torn_tail()->good_end + report.torn_tail()->bytes, size);
    EXPECT_EQ(fix_tail(*report.torn_tail()), "");
    EXPECT_THAT(check("file").problems(), IsEmpty());
    if (size > first_end) {
      EXPECT_GE(folder.read("file").size(), first_end);
    }
  }
}

TEST_F(FileCheck, SaysWhichCommandsATearLoses) {
  const std::string whole = record({"SET", "a", "1"});
  const Report report = check_bytes(whole + record({"MULTI"}) + record({"SET", "b", "2"}) +
                                    record({"APPEND", "b", "3"}).substr(0, 20));
  EXPECT_TRUE(report.is_fixable());
  EXPECT_EQ(report.torn_tail()->good_end, whole.size());
  EXPECT_THAT(report.lines(), Contains("  lost: MULTI"));
  EXPECT_THAT(report.lines(), Contains("  lost: SET b 2"));
  EXPECT_THAT(report.lines(), Contains(HasSubstr("lost, incomplete: APPEND")));
}

TEST_F(FileCheck, CutsNothingButTheLastFile) {
  const std::string torn = file_of({set_a}).substr(0, 100);
  write_log(torn, file_of({set_a}));
  EXPECT_FALSE(check("log").is_fixable());
  EXPECT_FALSE(check("log/a.aof.manifest").problems().empty());
  // Named alone it is still not the last one.
  EXPECT_FALSE(check("log/a.aof.1.incr.aof").is_fixable());

  write_log(torn, "");
  EXPECT_TRUE(check("log").is_fixable());
}

TEST_F(FileCheck, FindsWhatIsWrongInAManifest) {
  write_log(file_of({set_a}), "");
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    SCOPED_TRACE(i);
    std::string flipped = manifest;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    folder.write("log/a.aof.manifest", flipped);
    const Report report = check("log");
    if (!report.problems().empty()) continue;
    // An increment that has become history: nothing else says that it is not.
    EXPECT_EQ(flipped.substr(i - 5, 6), "type h");
    EXPECT_THAT(report.lines(), Contains(HasSubstr("waits for deletion: what it holds is not")));
  }
  // Whole lines may be missing from a cut one; those files are named then.
  folder.write("log/a.aof.manifest", manifest.substr(0, manifest.find('\n') + 1));
  EXPECT_THAT(check("log").lines(), Contains(HasSubstr("not named by the manifest")));
}

TEST_F(FileCheck, ReadsAnOldLogWithASnapshotBeforeTheRecords) {
  const std::string snapshot = rdb_file();
  EXPECT_THAT(check_bytes(snapshot + set_a).problems(), IsEmpty());
  const Report report = check_bytes(snapshot + set_a + "*3\r\n$3\r\nSET\r\n");
  ASSERT_TRUE(report.is_fixable());
  EXPECT_EQ(report.torn_tail()->good_end, snapshot.size() + set_a.size());
}

TEST_F(FileCheck, MarksWhatWasWrittenLater) {
  const std::string first = "#TS:100\r\n" + set_a;
  write_log(first, "#TS:200\r\n" + set_a + "#TS:300\r\n" + group);
  const std::string last = (folder.path() / "log/a.aof.2.incr.aof").string();
  const auto later = [&](std::int64_t until_s) {
    return check_path((folder.path() / "log").string(), until_s).value();
  };

  EXPECT_THAT(later(300).lines(), Contains(HasSubstr("written from 200 to 300")));
  EXPECT_FALSE(later(300).later());

  const Report cut = later(250);
  ASSERT_TRUE(cut.later());
  EXPECT_TRUE(cut.later_may_be_cut());
  EXPECT_EQ(cut.later()->path, last);
  EXPECT_EQ(cut.later()->good_end, std::string("#TS:200\r\n").size() + set_a.size());
  EXPECT_EQ(cut.later()->bytes, std::string("#TS:300\r\n").size() + group.size());

  // Nothing of the last file would stay; and what is later is in two files.
  EXPECT_FALSE(later(150).later_may_be_cut());
  EXPECT_FALSE(later(50).later_may_be_cut());
  EXPECT_TRUE(later(50).later());
}

TEST_F(FileCheck, RefusesWhatIsNoFileOfAServer) {
  EXPECT_FALSE(check_path((folder.path() / "missing").string()));
  EXPECT_FALSE(check_path(folder.path().string()));
  EXPECT_FALSE(check_bytes("SQLite format 3").problems().empty());
  EXPECT_FALSE(check_bytes("SQLite format 3").is_fixable());
}

}  // namespace
}  // namespace duplex::check
