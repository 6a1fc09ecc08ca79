// HyperLogLog: an estimate of how many different elements were added, in Redis's bytes.
#include "commands/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace duplex::commands {

namespace {

constexpr std::string_view magic = "HYLL";
constexpr std::size_t encoding_at = 4;
constexpr char dense = 0;
constexpr char sparse = 1;
constexpr std::size_t count_at = 8;
constexpr std::uint64_t count_invalid = std::uint64_t{1} << 63;

constexpr unsigned index_bits = 14;
// The bits of a hash that a register's value comes from.
constexpr unsigned value_bits = 64 - index_bits;
constexpr unsigned register_bits = 6;
constexpr unsigned register_max = (1u << register_bits) - 1;

// The longest runs, and the highest value of a sparse run.
constexpr std::size_t zeros_max = 64;
constexpr std::size_t many_zeros_max = 16384;
constexpr std::size_t values_max = 4;
constexpr unsigned sparse_value_max = 32;

std::uint64_t load64(const char* from) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t number = 0;
  std::memcpy(&number, from, sizeof number);
  return number;
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// MurmurHash2 for 64-bit machines, with the seed that all HyperLogLogs share.
std::uint64_t murmur(std::string_view bytes) {
  constexpr std::uint64_t factor = 0xc6a4a7935bd1e995u;
  constexpr std::uint64_t seed = 0xadc83b19u;
  constexpr unsigned shift = 47;
  std::uint64_t hash = seed ^ (bytes.size() * factor);
  while (bytes.size() >= 8) {
    std::uint64_t word = load64(bytes.data()) * factor;
    word = (word ^ word >> shift) * factor;
    hash = (hash ^ word) * factor;
    bytes.remove_prefix(8);
  }
  if (!bytes.empty()) {
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    hash = (hash ^ rest) * factor;
  }
  hash = (hash ^ hash >> shift) * factor;
  return hash ^ hash >> shift;
}

// A dense register stands in two bytes at most; the one behind the last is not touched.
unsigned dense_register(const char* registers, std::size_t index) {
  const std::size_t bit = index * register_bits;
  const auto* at = reinterpret_cast<const unsigned char*>(registers) + bit / 8;
  const auto shift = static_cast<unsigned>(bit % 8);
  unsigned value = static_cast<unsigned>(at[0]) >> shift;
  if (shift > 8 - register_bits) value |= static_cast<unsigned>(at[1]) << (8 - shift);
  return value & register_max;
}

void set_dense_register(char* registers, std::size_t index, unsigned value) {
  const std::size_t bit = index * register_bits;
  auto* at = reinterpret_cast<unsigned char*>(registers) + bit / 8;
  const auto shift = static_cast<unsigned>(bit % 8);
  at[0] = static_cast<unsigned char>((at[0] & ~(register_max << shift)) | value << shift);
  if (shift <= 8 - register_bits) return;
  at[1] =
      static_cast<unsigned char>((at[1] & ~(register_max >> (8 - shift))) | value >> (8 - shift));
}

// Two series of the estimator by Otmar Ertl ("New cardinality estimation algorithms for
// HyperLogLog sketches"): for registers that were never raised, and for those that are full.
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double factor = 1;
  double sum = x;
  for (double before = -1; before != sum;) {
    x *= x;
    before = sum;
    sum += x * factor;
    factor += factor;
  }
  return sum;
}

double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0;
  double factor = 1;
  double sum = 1 - x;
  for (double before = -1; before != sum;) {
    x = std::sqrt(x);
    before = sum;
    factor *= 0.5;
    sum -= (1 - x) * (1 - x) * factor;
  }
  return sum / 3;
}

// How many registers have each value.
using Histogram = std::array<std::uint32_t, register_max + 1>;

std::uint64_t estimate(const Histogram& registers) {
  constexpr double m = HyperLogLog::register_count;
  constexpr double alpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  double z = m * tau((m - registers[value_bits + 1]) / m);
  for (unsigned value = value_bits; value >= 1; --value) {
    z += registers[value];
    z *= 0.5;
  }
  z += m * sigma(registers[0] / m);
  return static_cast<std::uint64_t>(std::llround(alpha * m * m / z));
}

}  // namespace

// Registers with the same value in the sparse form.
struct HyperLogLog::Run {
  unsigned value = 0;
  std::size_t length = 0;
  std::size_t bytes = 0;  // that the run takes; 0: there is none, the bytes are damaged

  static Run at(std::string_view bytes, std::size_t at) {
    const unsigned head = byte_at(bytes, at);
    if ((head & 0x80u) != 0)
      return {.value = (head >> 2 & 0x1fu) + 1, .length = (head & 3u) + 1, .bytes = 1};
    if ((head & 0x40u) == 0) return {.value = 0, .length = (head & 0x3fu) + 1, .bytes = 1};
    if (at + 1 == bytes.size()) return {};
    return {.value = 0, .length = ((head & 0x3fu) << 8 | byte_at(bytes, at + 1)) + 1, .bytes = 2};
  }
  // Appends a run, which is not longer than one can be.
  static void append(std::string& out, unsigned value, std::size_t length) {
    if (value != 0) {
      out += static_cast<char>(0x80u | (value - 1) << 2 | static_cast<unsigned>(length - 1));
    } else if (length <= zeros_max) {
      out += static_cast<char>(length - 1);
    } else {
      out += static_cast<char>(0x40u | static_cast<unsigned>((length - 1) >> 8));
      out += static_cast<char>((length - 1) & 0xffu);
    }
  }
  // Calls visit(run, first register) for each; returns whether they are all registers, once.
  template <typename Visit>
  static bool for_each(std::string_view bytes, Visit&& visit) {
    std::size_t index = 0;
    for (std::size_t at = header_bytes; at < bytes.size();) {
      const Run run = Run::at(bytes, at);
      if (run.bytes == 0 || run.length > register_count - index) return false;
      visit(run, index);
      index += run.length;
      at += run.bytes;
    }
    return index == register_count;
  }
};

HyperLogLog::HyperLogLog() : bytes_(header_bytes, '\0') {
  std::ranges::copy(magic, bytes_.begin());
  bytes_[encoding_at] = sparse;
  static_assert(register_count <= many_zeros_max);
  Run::append(bytes_, 0, register_count);
}

bool HyperLogLog::has_header(std::string_view bytes) {
  if (bytes.size() < header_bytes || !bytes.starts_with(magic)) return false;
  const char encoding = bytes[encoding_at];
  return encoding == sparse || (encoding == dense && bytes.size() == dense_bytes);
}

bool HyperLogLog::is_dense(std::string_view bytes) {
  return bytes[encoding_at] == dense;
}

HyperLogLog::Mark HyperLogLog::mark_of(std::string_view element) {
  const std::uint64_t hash = murmur(element);
  // The bit above the hash's ends the search for the lowest one.
  const std::uint64_t rest = hash >> index_bits | std::uint64_t{1} << value_bits;
  return {.index = hash & (register_count - 1),
          .value = static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

bool HyperLogLog::raise_dense(char* bytes, Mark mark) {
  char* const registers = bytes + header_bytes;
  if (dense_register(registers, mark.index) >= mark.value) return false;
  set_dense_register(registers, mark.index, mark.value);
  return true;
}

std::optional<std::uint64_t> HyperLogLog::cached_count(std::string_view bytes) {
  const std::uint64_t count = load64(bytes.data() + count_at);
  if ((count & count_invalid) != 0) return std::nullopt;
  return count;
}

void HyperLogLog::cache_count(char* bytes, std::uint64_t count) {
  std::memcpy(bytes + count_at, &count, sizeof count);
}

void HyperLogLog::forget_count(char* bytes) {
  cache_count(bytes, load64(bytes + count_at) | count_invalid);
}

std::optional<std::uint64_t> HyperLogLog::count(std::string_view bytes) {
  Histogram registers{};
  if (is_dense(bytes)) {
    for (std::size_t index = 0; index < register_count; ++index)
      ++registers[dense_register(bytes.data() + header_bytes, index)];
    return estimate(registers);
  }
  const bool whole = Run::for_each(bytes, [&](const Run& run, std::size_t) {
    registers[run.value] += static_cast<std::uint32_t>(run.length);
  });
  if (!whole) return std::nullopt;
  return estimate(registers);
}

std::uint64_t HyperLogLog::count(const Registers& registers) {
  Histogram histogram{};
  for (const std::uint8_t value : registers)
    ++histogram[value];
  return estimate(histogram);
}

bool HyperLogLog::merge(std::string_view bytes, Registers& registers) {
  const auto raise = [&](std::size_t index, unsigned value) {
    registers[index] = std::max(registers[index], static_cast<std::uint8_t>(value));
  };
  if (is_dense(bytes)) {
    for (std::size_t index = 0; index < register_count; ++index)
      raise(index, dense_register(bytes.data() + header_bytes, index));
    return true;
  }
  return Run::for_each(bytes, [&](const Run& run, std::size_t first) {
    if (run.value == 0) return;
    for (std::size_t i = 0; i < run.length; ++i)
      raise(first + i, run.value);
  });
}

std::string HyperLogLog::describe(std::string_view bytes) {
  std::string words;
  for (std::size_t at = header_bytes; at < bytes.size();) {
    const Run run = Run::at(bytes, at);
    if (run.bytes == 0) break;
    if (!words.empty()) words += ' ';
    if (run.value != 0)
      words += "v:" + std::to_string(run.value) + ',' + std::to_string(run.length);
    else
      words += (run.bytes == 1 ? "z:" : "Z:") + std::to_string(run.length);
    at += run.bytes;
  }
  return words;
}

std::optional<bool> HyperLogLog::raise(Mark mark, std::size_t sparse_bytes_max) {
  if (is_dense()) return raise_dense(data(), mark);
  return raise_sparse(mark, sparse_bytes_max);
}

bool HyperLogLog::make_dense() {
  if (is_dense()) return true;
  std::string other(dense_bytes, '\0');
  std::copy_n(bytes_.begin(), header_bytes, other.begin());
  other[encoding_at] = dense;
  const bool whole = Run::for_each(bytes_, [&](const Run& run, std::size_t first) {
    for (std::size_t i = 0; run.value != 0 && i < run.length; ++i)
      set_dense_register(other.data() + header_bytes, first + i, run.value);
  });
  if (whole) bytes_ = std::move(other);
  return whole;
}

std::optional<bool> HyperLogLog::raise_promoted(Mark mark) {
  if (!make_dense()) return std::nullopt;
  return raise_dense(data(), mark);
}

std::optional<bool> HyperLogLog::raise_sparse(Mark mark, std::size_t sparse_bytes_max) {
  if (mark.value > sparse_value_max) return raise_promoted(mark);
  // The run that the register is in, and the one before it.
  std::size_t before = header_bytes;
  std::size_t at = header_bytes;
  std::size_t first = 0;
  Run run;
  while (true) {
    if (at >= bytes_.size()) return std::nullopt;
    run = Run::at(bytes_, at);
    if (run.bytes == 0) return std::nullopt;
    if (mark.index < first + run.length) break;
    first += run.length;
    before = at;
    at += run.bytes;
  }
  if (run.value >= mark.value) return false;
  std::string runs;
  const std::size_t left = mark.index - first;
  const std::size_t right = run.length - left - 1;
  if (left != 0) Run::append(runs, run.value, left);
  Run::append(runs, mark.value, 1);
  if (right != 0) Run::append(runs, run.value, right);
  if (runs.size() > run.bytes && bytes_.size() + runs.size() - run.bytes > sparse_bytes_max)
    return raise_promoted(mark);
  bytes_.replace(at, run.bytes, runs);
  join_runs(before);
  forget_count(data());
  return true;
}

// Makes one run of neighbours with the same value, looking at as many as a change may concern. The
// bytes are compared between servers, so this joins what Redis joins and no more.
void HyperLogLog::join_runs(std::size_t from) {
  constexpr int looked_at_max = 5;
  std::size_t at = from;
  for (int looked_at = 0; looked_at < looked_at_max && at < bytes_.size(); ++looked_at) {
    const Run run = Run::at(bytes_, at);
    if (run.bytes == 0) return;
    if (run.value != 0 && at + 1 < bytes_.size()) {
      const Run next = Run::at(bytes_, at + 1);
      if (next.value == run.value && run.length + next.length <= values_max) {
        std::string joined;
        Run::append(joined, run.value, run.length + next.length);
        bytes_.replace(at, 2, joined);
        continue;
      }
    }
    at += run.bytes;
  }
}

}  // namespace duplex::commands
