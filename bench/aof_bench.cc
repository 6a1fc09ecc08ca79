// What does the log cost a write, and how does group commit share it?
// Baseline: architecture.md §5 wants an append of a small SET below 100 ns under the shard lock,
// and one write(2) per iteration of a loop. Decides: whether records are encoded outside of the
// lock.
#include "aof/log.h"
#include "aof/log_unit.h"
#include "aof/reader.h"
#include "base/buffer.h"
#include "base/hash.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace duplex;

const std::string store_id(aof::store_id_bytes, 'a');
constexpr std::string_view set_args[] = {
    "SET", "key:000000000042", "a value of 32 bytes, more or less"};

// A log on the disk that holds the working directory.
class LogOnDisk {
 public:
  explicit LogOnDisk(aof::FsyncPolicy policy) {
    std::string name = (std::filesystem::current_path() / "aof-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    directory_ = aof::PosixDirectory::open(path_).value();
    aof::LogOptions options;
    options.fsync = policy;
    log_ = aof::Log::open(*directory_, options, {}, {store_id, 1, 0}).value();
  }
  ~LogOnDisk() {
    log_.reset();
    std::filesystem::remove_all(path_);
  }
  aof::Log& log() { return *log_; }

 private:
  std::string path_;
  std::unique_ptr<aof::PosixDirectory> directory_;
  std::unique_ptr<aof::Log> log_;
};

void BM_LogUnit_encode_small_set(benchmark::State& state) {
  aof::LogUnit unit;
  for (auto _ : state) {
    unit.clear();
    unit.add(0, set_args);
    benchmark::DoNotOptimize(unit.bytes());
  }
}
BENCHMARK(BM_LogUnit_encode_small_set);

// One loop: so many appends per commit.
void BM_Log_append_and_commit(benchmark::State& state) {
  LogOnDisk disk(aof::FsyncPolicy::no);
  const auto per_commit = state.range(0);
  for (auto _ : state) {
    aof::Lsn lsn = 0;
    for (std::int64_t i = 0; i < per_commit; ++i)
      lsn = disk.log().append(0, set_args);
    benchmark::DoNotOptimize(disk.log().commit(lsn));
  }
  state.SetItemsProcessed(state.iterations() * per_commit);
}
BENCHMARK(BM_Log_append_and_commit)->Arg(1)->Arg(16)->Arg(64)->Arg(1024);

// Several loops on one log.
std::unique_ptr<LogOnDisk> shared_disk;
void BM_Log_append_and_commit_shared(benchmark::State& state) {
  constexpr int per_commit = 16;
  for (auto _ : state) {
    aof::Lsn lsn = 0;
    for (int i = 0; i < per_commit; ++i)
      lsn = shared_disk->log().append(0, set_args);
    benchmark::DoNotOptimize(shared_disk->log().commit(lsn));
  }
  state.SetItemsProcessed(state.iterations() * per_commit);
}
BENCHMARK(BM_Log_append_and_commit_shared)
    ->Threads(1)
    ->Threads(2)
    ->Setup([](const benchmark::State&) {
      shared_disk = std::make_unique<LogOnDisk>(aof::FsyncPolicy::everysec);
    })
    ->Teardown([](const benchmark::State&) { shared_disk.reset(); })
    ->UseRealTime();

// A file of batches of 16 records: bytes per second of checking and giving.
void BM_Reader_records(benchmark::State& state) {
  std::string bytes;
  {
    base::Buffer file;
    aof::Lsn end = 0;
    for (int batch = 0; batch < 1000; ++batch) {
      base::Buffer records;
      for (int i = 0; i < 16; ++i)
        aof::append_record(records, set_args);
      end += records.size();
      file.append(records.view());
      file.append(format_annotation(
          aof::BatchEnd{end, records.size(), base::checksum_bytes(records.view())}));
    }
    bytes = file.view();
  }
  for (auto _ : state) {
    aof::Reader reader(bytes);
    std::int64_t records = 0;
    while (reader.next() == aof::ReadStatus::record)
      ++records;
    if (records != 16'000) state.SkipWithError("the file was not read to its end");
  }
  state.SetItemsProcessed(state.iterations() * 16'000);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_Reader_records);

}  // namespace
