// Finding, making and leaving hashes.
#include "commands/hash_values.h"

#include "base/numbers.h"

#include <string>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

using store::HashView;
using store::Table;

void drop_ended(CommandContext& ctx,
                Table::Position at,
                std::span<const std::string_view> fields,
                std::size_t step) {
  const HashView hash(*at.entry(), ctx.now_ms());
  if (!hash.may_have_ended()) return;
  std::vector<std::string> ended;
  for (std::size_t i = 0; i < fields.size(); i += step)
    if (hash.has_ended(fields[i])) ended.emplace_back(fields[i]);
  if (!ended.empty()) ctx.remove_ended_fields(ctx.database(), ctx.key(), at, ended);
}

}  // namespace

bool find_hash(CommandContext& ctx,
               Table::Position& at,
               std::span<const std::string_view> fields,
               std::size_t step) {
  if (!ctx.find_type(ctx.key(), store::ValueType::hash, at)) return false;
  if (at && at.entry()->has_timed_fields()) drop_ended(ctx, at, fields, step);
  return true;
}

Table::Position make_hash(CommandContext& ctx, Table::Position at) {
  if (at) return at;
  return ctx.put(ctx.key(), at, store::Hash::make(ctx.key().key, store::no_expiry));
}

void leave_hash(CommandContext& ctx, Table::Position at) {
  if (!at) return;
  // Whether it was marked before, or is now.
  if (at.slot->is_timed() || at.entry()->has_timed_fields()) ctx.note_expiry(ctx.key(), at);
  if (ctx.erase_if_empty(ctx.key(), at, HashView(*at.entry()).is_empty())) return;
  if (store::EntryPtr entry = store::Hash(*at.entry()).compacted())
    ctx.put(ctx.key(), at, std::move(entry));
}

void reply_field(CommandContext& ctx, const store::Entry* entry, std::string_view field) {
  if (entry == nullptr) return ctx.reply().null();
  const HashView hash = view_of(ctx, *entry);
  const HashView::Place at = hash.find(field);
  if (at == HashView::nowhere) return ctx.reply().null();
  char scratch[base::int64_digits_max];
  ctx.reply().bulk(hash.value(at, scratch));
}

}  // namespace duplex::commands
