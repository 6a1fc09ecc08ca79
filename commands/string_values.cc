// How string commands put values in: in place where the entry allows it.
#include "commands/string_values.h"

#include "base/numbers.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace duplex::commands {

void put_string(CommandContext& ctx,
                const store::HashedKey& key,
                store::Table::Position at,
                std::string_view value,
                std::int64_t expiry_ms) {
  if (at) {
    store::Entry& entry = *at.entry();
    const bool same_shape = entry.has_expiry() == (expiry_ms != store::no_expiry);
    if (same_shape && entry.assign_in_place(value)) {
      if (entry.has_expiry()) ctx.set_expiry(key, at, expiry_ms);
      return;
    }
  }
  ctx.put(key, at, store::Entry::make_string(key.key, value, expiry_ms));
}

store::EntryPtr make_zeros(std::string_view key, std::size_t size, std::int64_t expiry_ms) {
  static constexpr char zeros[store::inline_value_bytes_max] = {};
  const std::string_view start(zeros, std::min(size, sizeof zeros));
  store::EntryPtr entry = store::Entry::make_raw(key, start, size, expiry_ms);
  if (size > start.size()) entry->grow_in_place(size);
  return entry;
}

char* writable_string(CommandContext& ctx,
                      const store::HashedKey& key,
                      store::Table::Position& at,
                      std::size_t size) {
  std::string_view old;
  std::int64_t expiry_ms = store::no_expiry;
  char scratch[base::int64_digits_max];
  if (at) {
    store::Entry& entry = *at.entry();
    if (!entry.is_integer())
      if (char* bytes = entry.grow_in_place(size)) return bytes;
    old = entry.text(scratch);
    expiry_ms = entry.expiry_ms();
  }
  store::EntryPtr grown = make_zeros(key.key, std::max(size, old.size()), expiry_ms);
  char* bytes = grown->grow_in_place(old.size());
  if (!old.empty()) std::memcpy(bytes, old.data(), old.size());
  at = ctx.put(key, at, std::move(grown));
  return bytes;
}

std::int64_t reference_count(const store::Entry& entry) {
  constexpr std::int64_t shared_integers = 10'000;
  const bool shared = entry.is_string() && entry.is_integer() && entry.integer() >= 0 &&
                      entry.integer() < shared_integers;
  return shared ? std::numeric_limits<std::int32_t>::max() : 1;
}

bool check_string_size(CommandContext& ctx, std::uint64_t offset, std::uint64_t added) {
  const auto limit =
      static_cast<std::uint64_t>(ctx.settings().bulk_bytes_max.load(std::memory_order_relaxed));
  if (offset <= limit && added <= limit - offset) return true;
  ctx.error(errors::string_too_long);
  return false;
}

}  // namespace duplex::commands
