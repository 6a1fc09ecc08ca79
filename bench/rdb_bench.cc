// What does the checksum of a snapshot cost, and what does reading one?
// Decides: whether the checksum is worth more than tables. 90 bytes is a record of a small string.
#include "base/buffer.h"
#include "rdb/crc64.h"
#include "rdb/reader.h"
#include "rdb/writer.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <variant>

namespace {

using namespace duplex;

void BM_crc64(benchmark::State& state) {
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(0)))
    text += static_cast<char>(text.size() * 37);
  std::uint64_t crc = 0;
  for (auto _ : state)
    crc = rdb::crc64(crc, text);
  benchmark::DoNotOptimize(crc);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_crc64)->Arg(90)->Arg(4096)->Arg(65536);

void BM_Reader_small_strings(benchmark::State& state) {
  constexpr int keys = 10000;
  base::Buffer file;
  rdb::Writer writer(file, {});
  writer.select(0, keys, 0);
  for (int i = 0; i < keys; ++i)
    writer.entry(*store::Entry::make_string("key:" + std::to_string(100000 + i),
                                            std::string(64, 'v') + std::to_string(i),
                                            store::no_expiry));
  writer.end();
  for (auto _ : state) {
    rdb::Reader reader(file.view());
    for (auto record = reader.next(); record && !std::holds_alternative<rdb::End>(*record);)
      record = reader.next();
  }
  state.SetItemsProcessed(state.iterations() * keys);
}
BENCHMARK(BM_Reader_small_strings);

}  // namespace
