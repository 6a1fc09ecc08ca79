// What hashing a key costs: the slot (CRC16) and the table's hash, by key length.
//
// Question: may every command compute the cluster slot? Baseline: one byte at a time took 8.7 % of
// a GET's time at depth 64; eight at a time is what is here.
#include "base/hash.h"

#include <benchmark/benchmark.h>

#include <string>

namespace {

void BM_crc16(benchmark::State& state) {
  const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
  for (auto _ : state)
    benchmark::DoNotOptimize(duplex::base::crc16(key));
}
BENCHMARK(BM_crc16)->Arg(8)->Arg(16)->Arg(64)->Arg(256);

void BM_hash_bytes(benchmark::State& state) {
  const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
  for (auto _ : state)
    benchmark::DoNotOptimize(duplex::base::hash_bytes(key));
}
BENCHMARK(BM_hash_bytes)->Arg(8)->Arg(16)->Arg(64)->Arg(256);

}  // namespace
