// What the families of hash commands share: finding, making and leaving a hash.
#pragma once

#include "commands/command_context.h"
#include "store/hash.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace duplex::commands {

// Finds the hash of the command's key for writing; `at` is empty if there is none. Of the fields
// that the command is about, those that have ended are removed: every `step`th of `fields`. Answers
// WRONGTYPE itself and returns false then.
bool find_hash(CommandContext& ctx,
               store::Table::Position& at,
               std::span<const std::string_view> fields,
               std::size_t step = 1);

// Makes an empty hash if there is none.
store::Table::Position make_hash(CommandContext& ctx, store::Table::Position at);

// Reads the hash of the command's key; nullptr if there is none. Answers WRONGTYPE itself and
// returns false then.
inline bool read_hash(CommandContext& ctx, store::Entry*& entry) {
  return ctx.read_type(ctx.key(), store::ValueType::hash, entry);
}

inline store::HashView view_of(CommandContext& ctx, const store::Entry& entry) {
  return store::HashView(entry, ctx.now_ms());
}

// To be called at the end of a command that may have changed the hash: tells the table about the
// times of fields, erases the key if no field is left, and moves a small hash into its entry.
// Position: as find_hash() gave it.
void leave_hash(CommandContext& ctx, store::Table::Position at);

// Answers the value of a field, null if the hash (or the entry) does not have it.
void reply_field(CommandContext& ctx, const store::Entry* entry, std::string_view field);

}  // namespace duplex::commands
