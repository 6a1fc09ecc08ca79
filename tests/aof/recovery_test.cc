// Starting from real directories: the order of files, cuts, refusals, and old single files.
#include "aof/recovery.h"

#include "aof/log.h"
#include "aof/log_bytes.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace duplex::aof {
namespace {

using test::Args;
using test::batch;
using test::file_of;
using test::record;
using test::stream_start;

const std::string manifest_path = "appendonlydir/appendonly.aof.manifest";
const std::string increment_1 = "appendonlydir/appendonly.aof.1.incr.aof";
const std::string increment_2 = "appendonlydir/appendonly.aof.2.incr.aof";
const std::string two_increments =
    "file appendonly.aof.1.incr.aof seq 1 type i\n"
    "file appendonly.aof.2.incr.aof seq 2 type i\n";
const std::string set_a = record({"SET", "a", "1"});
const std::string set_b = record({"SET", "b", "2"});

class Recovery : public testing::Test {
 protected:
  std::expected<Recovered, std::string> load() {
    records.clear();
    rdb.clear();
    options.directory = folder.path().string();
    return recover(
        options,
        {.on_rdb = [this](std::string_view,
                          std::string_view bytes) -> std::expected<std::size_t, std::string> {
           rdb = bytes.substr(0, rdb_text.size());
           return rdb.size();
         },
         .on_record =
             [this](std::span<const std::string_view> args) -> std::expected<void, std::string> {
           if (args[0] == "BAD") return std::unexpected("unknown command");
           records.emplace_back(args.begin(), args.end());
           return {};
         }});
  }

  const std::string rdb_text = "REDIS0010 the rest of an RDB file";
  test::TemporaryFolder folder;
  RecoveryOptions options;
  std::vector<Args> records;
  std::string rdb;
};

TEST_F(Recovery, FindsNothingInAnEmptyDirectory) {
  options.directory = folder.path().string();
  EXPECT_FALSE(has_log(options));

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_TRUE(recovered->manifest.empty());
}

TEST_F(Recovery, LoadsBaseAndIncrementsInOrder) {
  folder.write(manifest_path, "file base.rdb seq 3 type b\n" + two_increments);
  folder.write("appendonlydir/base.rdb", rdb_text);
  folder.write(increment_1, file_of({set_a}));
  folder.write(increment_2, stream_start(set_a.size()) + batch(set_b, set_a.size() + set_b.size()));

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(rdb, rdb_text);
  EXPECT_EQ(records, (std::vector<Args>{{"SET", "a", "1"}, {"SET", "b", "2"}}));
  EXPECT_EQ(recovered->records, 2u);
  EXPECT_EQ(recovered->position, (StreamPosition{test::store_id, 1, set_a.size() + set_b.size()}));
  EXPECT_EQ(recovered->manifest.increments.size(), 2u);
}

TEST_F(Recovery, CutsTheTornTailOfTheLastFile) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_1, file_of({set_a}));
  folder.write(increment_2, stream_start(set_a.size()) + set_b.substr(0, 9));

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(recovered->dropped_bytes, 9u);
  EXPECT_EQ(recovered->dropped_from, (folder.path() / increment_2).string());
  EXPECT_EQ(folder.read(increment_2), stream_start(set_a.size()));
  EXPECT_EQ(load()->dropped_bytes, 0u);
}

TEST_F(Recovery, CutsBeforeIncrementsThatWereOnlyPrepared) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_1, file_of({set_a}) + set_b.substr(0, 9));
  folder.write(increment_2, "");

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(recovered->dropped_bytes, 9u);
  EXPECT_EQ(folder.read(increment_1), file_of({set_a}));
}

TEST_F(Recovery, CutsPaddingThatACrashHasLeft) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_1, file_of({set_a}));
  folder.write(increment_2,
               stream_start(set_a.size()) + "##\n" + std::string(padding_line) + "###");
  options.load_truncated = false;

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(recovered->dropped_bytes, 0u);
  EXPECT_EQ(folder.read(increment_2), stream_start(set_a.size()));
}

TEST_F(Recovery, RefusesATornTailWhenItMayNotCut) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_1, file_of({set_a}));
  folder.write(increment_2, set_b.substr(0, 9));
  options.load_truncated = false;

  const auto recovered = load();

  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error(),
            (folder.path() / increment_2).string() +
                ": torn at offset 0: the last record is incomplete; 9 bytes behind offset 0 are "
                "unusable. Set aof-load-truncated to yes to cut them off");
  EXPECT_EQ(folder.read(increment_2).size(), 9u);
}

TEST_F(Recovery, RefusesATornFileBeforeTheLast) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_1, file_of({set_a}) + set_b.substr(0, 9));
  folder.write(increment_2, set_b);

  const auto recovered = load();

  ASSERT_FALSE(recovered);
  EXPECT_TRUE(recovered.error().ends_with("It is not the last file, so it is not cut"));
}

TEST_F(Recovery, RefusesDamageWithItsOffset) {
  folder.write(manifest_path, two_increments);
  std::string damaged = file_of({set_a, set_b});
  damaged[stream_start(0).size() + set_a.size() - 3] = 'X';
  folder.write(increment_1, damaged);
  folder.write(increment_2, "");

  const auto recovered = load();

  ASSERT_FALSE(recovered);
  EXPECT_NE(recovered.error().find("damaged at offset " +
                                   std::to_string(stream_start(0).size() + set_a.size())),
            std::string::npos)
      << recovered.error();
  EXPECT_TRUE(records.empty());
}

TEST_F(Recovery, EndsWithTheSinksError) {
  folder.write(manifest_path, "file appendonly.aof.1.incr.aof seq 1 type i\n");
  folder.write(increment_1, set_a + record({"BAD"}));

  const auto recovered = load();

  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error(),
            (folder.path() / increment_1).string() + ": the record at offset " +
                std::to_string(set_a.size()) + " cannot be applied: unknown command");
}

TEST_F(Recovery, RefusesAManifestWithoutItsFiles) {
  folder.write(manifest_path, two_increments);
  folder.write(increment_2, set_a);

  const auto recovered = load();

  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error(),
            (folder.path() / increment_1).string() + ": No such file or directory");
}

TEST_F(Recovery, RefusesABadManifest) {
  folder.write(manifest_path, "file a\n");

  ASSERT_FALSE(load());
  EXPECT_EQ(load().error(),
            (folder.path() / manifest_path).string() + ": line 1: file, seq and type are needed");
}

TEST_F(Recovery, AdoptsAnOldSingleFile) {
  folder.write("appendonly.aof", rdb_text + set_a + set_b.substr(0, 5));

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(rdb, rdb_text);
  EXPECT_EQ(records, (std::vector<Args>{{"SET", "a", "1"}}));
  EXPECT_EQ(recovered->dropped_bytes, 5u);
  EXPECT_FALSE(folder.has("appendonly.aof"));
  EXPECT_EQ(folder.read("appendonlydir/appendonly.aof"), rdb_text + set_a);
  EXPECT_EQ(folder.read(manifest_path), "file appendonly.aof seq 1 type b\n");
}

TEST_F(Recovery, FinishesAnAdoptionThatWasInterrupted) {
  folder.write("appendonly.aof", set_a);
  folder.write(manifest_path, "file appendonly.aof seq 1 type b\n");

  const auto recovered = load();

  ASSERT_TRUE(recovered) << recovered.error();
  EXPECT_EQ(records.size(), 1u);
  EXPECT_FALSE(folder.has("appendonly.aof"));
}

TEST_F(Recovery, ReadsWhatTheLogWroteAndTheLogGoesOn) {
  StreamPosition position{test::store_id, 1, 0};
  for (int start = 0; start < 3; ++start) {
    auto recovered = load();
    ASSERT_TRUE(recovered) << recovered.error();
    EXPECT_EQ(records.size(), static_cast<std::size_t>(start) * 2);
    if (start > 0) position = recovered->position;
    auto directory = PosixDirectory::open((folder.path() / "appendonlydir").string());
    ASSERT_TRUE(directory);
    auto log = Log::open(**directory, {}, std::move(recovered->manifest), position);
    ASSERT_TRUE(log) << log.error();
    const std::string_view args[] = {"INCR", "starts"};
    EXPECT_TRUE((*log)->commit((*log)->append(0, args)));
    position.offset = (*log)->appended();
  }
  EXPECT_EQ(load()->position, position);
}

}  // namespace
}  // namespace duplex::aof
