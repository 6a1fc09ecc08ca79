// The reader: every cut and every flipped byte of small files, ours and those of redis-server.
#include "aof/reader.h"

#include "aof/log_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace duplex::aof {
namespace {

using test::Args;
using test::batch;
using test::file_of;
using test::read_all;
using test::Reading;
using test::record;
using test::stream_start;

const std::string select_0 = record({"SELECT", "0"});
const std::string set_a = record({"SET", "a", "1"});
const std::string set_b = record({"SET", "b", "two\r\n"});
const std::string group =
    record({"MULTI"}) + record({"DEL", "a"}) + record({"DEL", "b"}) + record({"EXEC"});

bool is_prefix(const std::vector<Args>& part, const std::vector<Args>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST(Reader, GivesRecordsAndThePosition) {
  const std::string file = file_of({select_0 + set_a, group});

  const Reading reading = read_all(file);

  EXPECT_EQ(reading.status, ReadStatus::end);
  EXPECT_EQ(
      reading.records,
      (std::vector<Args>{
          {"SELECT", "0"}, {"SET", "a", "1"}, {"MULTI"}, {"DEL", "a"}, {"DEL", "b"}, {"EXEC"}}));
  EXPECT_EQ(reading.good_end, file.size());
  EXPECT_EQ(reading.position,
            (StreamPosition{test::store_id, 1, select_0.size() + set_a.size() + group.size()}));
}

TEST(Reader, ReadsAnEmptyFile) {
  EXPECT_EQ(read_all("").status, ReadStatus::end);
  EXPECT_EQ(read_all(stream_start(5)).position.offset, 5u);
}

TEST(Reader, ReadsFilesOfRedis) {
  const Reading reading = read_all(select_0 + "#TS:1700000000\r\n" + set_a + group);

  EXPECT_EQ(reading.status, ReadStatus::end);
  EXPECT_EQ(reading.records.size(), 6u);
  EXPECT_EQ(reading.position.offset, select_0.size() + set_a.size() + group.size());
  EXPECT_EQ(reading.position.store_id, "");
}

TEST(Reader, CountsWhatRedisAppendedToOurFile) {
  const std::string ours = file_of({select_0 + set_a});
  const Lsn before = select_0.size() + set_a.size();
  const Lsn after = before + select_0.size() + set_b.size();

  const Reading reading =
      read_all(ours + select_0 + set_b + stream_start(after) + batch(set_a, after + set_a.size()));

  EXPECT_EQ(reading.status, ReadStatus::end);
  EXPECT_EQ(reading.records.size(), 5u);
  EXPECT_EQ(reading.position.offset, after + set_a.size());
}

TEST(Reader, CutsAFileOfRedisBehindTheLastWholeUnit) {
  const std::string good = select_0 + set_a;
  for (const std::string& last : {set_b, group}) {
    for (std::size_t cut = 1; cut < last.size(); ++cut) {
      SCOPED_TRACE(cut);
      const Reading reading = read_all(good + last.substr(0, cut));
      EXPECT_EQ(reading.status, ReadStatus::torn);
      EXPECT_EQ(reading.good_end, good.size());
      EXPECT_EQ(reading.records, read_all(good).records);
      EXPECT_EQ(reading.position.offset, good.size());
    }
  }
}

TEST(Reader, CutsOurFileAtEveryByteOfTheLastBatch) {
  const std::string good = file_of({select_0 + set_a});
  const std::string whole = file_of({select_0 + set_a, set_b + group});
  for (std::size_t size = good.size() + 1; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Reading reading = read_all(whole.substr(0, size));
    const std::size_t into = size - good.size();
    // Whole units without their checksum line are kept; what is begun is not.
    const std::size_t kept = into < set_b.size()                  ? 0
                             : into < set_b.size() + group.size() ? set_b.size()
                                                                  : set_b.size() + group.size();
    // The first byte of the checksum line alone is like padding.
    const bool is_end = into == kept || (into == kept + 1 && whole[size - 1] == '#');
    EXPECT_EQ(reading.status, is_end ? ReadStatus::end : ReadStatus::torn);
    EXPECT_EQ(reading.good_end, good.size() + kept);
    EXPECT_EQ(reading.position.offset, select_0.size() + set_a.size() + kept);
    EXPECT_EQ(read_all(whole.substr(0, reading.good_end)).status, ReadStatus::end);
  }
}

TEST(Reader, TakesPaddingAtTheEndAsIfItWereNotThere) {
  const std::string whole = file_of({select_0 + set_a, set_b + group});
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Reading bare = read_all(whole.substr(0, size));
    for (std::size_t from = 0; from < padding_line.size() - 1; ++from) {
      const std::string padding(padding_line.substr(from));
      const Reading padded = read_all(whole.substr(0, size) + padding + std::string(padding_line));
      EXPECT_EQ(padded.status, bare.status);
      EXPECT_EQ(padded.good_end, bare.good_end);
      EXPECT_EQ(padded.records, bare.records);
    }
  }
}

TEST(Reader, FindsTrailingZeroBytes) {
  for (const std::string& good : {select_0 + set_a, file_of({select_0 + set_a})}) {
    const Reading reading = read_all(good + std::string(4096, '\0'));
    EXPECT_EQ(reading.status, ReadStatus::torn);
    EXPECT_EQ(reading.good_end, good.size());
  }
}

TEST(Reader, DropsALastBatchWithPagesThatWereNeverWritten) {
  const std::string good = file_of({select_0 + set_a});
  std::string file =
      file_of({select_0 + set_a, set_b + record({"SET", "c", std::string(99, 'x')})});
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(file.size()) - 120, 20, '\0');

  const Reading reading = read_all(file);

  EXPECT_EQ(reading.status, ReadStatus::torn);
  EXPECT_EQ(reading.good_end, good.size());
  EXPECT_EQ(reading.reason, "the checksum of the batch is wrong");
  EXPECT_EQ(reading.records.size(), 2u);
}

// A byte may be flipped anywhere: the records are then the right ones up to a place that is
// reported, and never wrong ones. Before the last batch it is damage.
TEST(Reader, NeverGivesAWrongRecordForAnyFlippedBit) {
  const std::string file = file_of({select_0 + set_a, group, set_b, set_a});
  const std::size_t last_batch = file_of({select_0 + set_a, group, set_b}).size();
  const std::vector<Args> records = read_all(file).records;
  for (std::size_t i = 0; i < file.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      SCOPED_TRACE(testing::Message() << "offset " << i << " bit " << bit);
      const Reading reading = read_all(flipped);
      EXPECT_TRUE(is_prefix(reading.records, records));
      // A line that is no longer recognised as ours is a comment, and the records are all there.
      if (reading.status == ReadStatus::end) {
        EXPECT_EQ(reading.records, records);
        continue;
      }
      if (i < last_batch) {
        EXPECT_EQ(reading.status, ReadStatus::damaged);
      }
    }
}

TEST(Reader, CallsAMissingBatchDamage) {
  const Lsn end = select_0.size() + set_a.size() + set_b.size();

  const Reading reading = read_all(stream_start(0) + batch(select_0, select_0.size()) +
                                   batch(set_b, end) + batch(set_a, end + set_a.size()));

  EXPECT_EQ(reading.status, ReadStatus::damaged);
  EXPECT_EQ(reading.reason, "the batch is not where it belongs in the stream");
}

TEST(Reader, CallsAStreamThatGoesOnElsewhereDamage) {
  const StreamPosition before{test::store_id, 1, 100};

  EXPECT_EQ(read_all(stream_start(100) + batch(set_a, 100 + set_a.size()), before).status,
            ReadStatus::end);
  EXPECT_EQ(read_all(stream_start(90) + batch(set_a, 90 + set_a.size()), before).status,
            ReadStatus::damaged);
  const std::string other_id(store_id_bytes, 'f');
  EXPECT_EQ(read_all(stream_start(7, other_id) + batch(set_a, 7 + set_a.size()), before).position,
            (StreamPosition{other_id, 1, 7 + set_a.size()}));
}

TEST(Reader, CallsABadFormatWithoutAnnotationsDamage) {
  struct Case {
    std::string_view name;
    std::string tail;
  };
  const Case cases[] = {
      {"inline", "PING\r\n"},
      {"rubbish", "\x01\x02\x03"},
      {"nested MULTI", record({"MULTI"}) + group},
      {"EXEC alone", record({"exec"})},
      {"comment without end", "#" + std::string(2000, 'x')},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read_all(select_0 + set_a + c.tail);
    EXPECT_EQ(reading.status, ReadStatus::damaged);
    EXPECT_GE(reading.trouble, select_0.size() + set_a.size());
  }
}

TEST(Reader, IsNotFooledByAnnotationsInValues) {
  const std::string inner = batch(set_a, set_a.size());
  const std::string file = file_of({record({"SET", "copy", inner}), set_b});

  const Reading reading = read_all(file);

  EXPECT_EQ(reading.status, ReadStatus::end);
  EXPECT_EQ(reading.records.at(0).at(2), inner);
}

TEST(Reader, VouchesUpToTheFirstGap) {
  const std::string start = stream_start(0);
  const std::string first = batch(set_a, set_a.size());

  EXPECT_EQ(vouched_prefix(start + first + set_b), start.size() + first.size());
  EXPECT_EQ(vouched_prefix(first + first.substr(0, first.size() - 1)), first.size());
  EXPECT_EQ(vouched_prefix(set_b + stream_start(set_b.size()) + first), 0u);
}

}  // namespace
}  // namespace duplex::aof
