// How string commands put values in: in place where the entry allows it.
#pragma once

#include "commands/command_context.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::commands {

// Gives a key this value and this end (store::no_expiry: none), whatever it held before.
void put_string(CommandContext& ctx,
                const store::HashedKey& key,
                store::Table::Position at,
                std::string_view value,
                std::int64_t expiry_ms);

// A raw string of zero bytes.
store::EntryPtr make_zeros(std::string_view key, std::size_t size, std::int64_t expiry_ms);

// The bytes of the string at `at`, raw from now on and at least `size` long: new bytes are zero,
// and a key that is not there (`at` empty) is made. `at` is where the entry stands afterwards. The
// bytes are valid until the next change.
char* writable_string(CommandContext& ctx,
                      const store::HashedKey& key,
                      store::Table::Position& at,
                      std::size_t size);

// How many references there are to a value, as Redis counts: small integers stand for all keys that
// hold them, which it says by the highest count there is.
std::int64_t reference_count(const store::Entry& entry);

// Whether a string may reach `offset + added` bytes; answers the error itself if not.
bool check_string_size(CommandContext& ctx, std::uint64_t offset, std::uint64_t added);

}  // namespace duplex::commands
