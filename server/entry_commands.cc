// The commands that make an entry again, as Redis writes them into a base without a preamble.
#include "server/entry_commands.h"

#include "aof/log_unit.h"
#include "base/numbers.h"
#include "rdb/sliced_entry.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>

namespace duplex::server {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr std::size_t node_elements = 128;

// A command whose arguments are gathered one by one.
class Gathered {
 public:
  Gathered(std::string_view name, std::string_view key) : words_{name, key} {}

  void add(std::string_view word) { words_.push_back(word); }
  // Views into scratch memory have to be kept.
  void keep(std::string_view word) { words_.push_back(kept_.emplace_back(word)); }
  std::size_t size() const { return words_.size() - 2; }
  // Appends the command if it has arguments, and begins the next one.
  void flush(base::Buffer& out) {
    if (size() == 0) return;
    aof::append_record(out, words_);
    words_.resize(2);
    kept_.clear();
  }

 private:
  std::vector<std::string_view> words_;
  std::deque<std::string> kept_;
};

template <typename... Words>
void append_command(base::Buffer& out, const Words&... words) {
  const std::array<std::string_view, sizeof...(words)> args{std::string_view(words)...};
  aof::append_record(out, args);
}

std::string id_text(const store::StreamId& id) {
  return fmt::format("{}-{}", id.ms, id.sequence);
}

}  // namespace

bool EntryCommands::is_large(const store::Entry& entry) {
  return rdb::SlicedEntry::is_large(entry, rdb::written_version);
}

EntryCommands::EntryCommands(const store::Entry& entry)
    : entry_(entry), total_(rdb::piece_count(entry)) {}

void EntryCommands::append(base::Buffer& out) {
  const std::size_t end = out.size() + rdb::slice_bytes;
  for (std::size_t elements = 0; !done() && elements < rdb::slice_elements && out.size() < end;)
    elements += append_some(out);
}

std::size_t EntryCommands::append_some(base::Buffer& out) {
  switch (part_) {
    case Part::value:
      return append_value(out);
    case Part::stream_end:
      append_stream_end(out);
      break;
    case Part::group:
      append_group(out);
      break;
    case Part::consumer:
      append_consumer(out);
      break;
    case Part::pending:
      append_pending(out);
      break;
    case Part::expiry:
      append_expiry(out);
      break;
    case Part::nothing:
      break;
  }
  return 1;
}

std::size_t EntryCommands::append_value(base::Buffer& out) {
  switch (entry_.type()) {
    case store::ValueType::list:
      return append_items(out);
    case store::ValueType::set:
      return append_members(out);
    case store::ValueType::sorted_set:
      return append_scores(out);
    case store::ValueType::hash:
      return append_fields(out);
    case store::ValueType::stream:
      return append_stream_entries(out);
    case store::ValueType::string:
      break;
  }
  append_text(out);
  return 1;
}

void EntryCommands::append_text(base::Buffer& out) {
  char scratch[base::int64_digits_max];
  const std::string_view text = entry_.text(scratch);
  if (text.size() <= piece_bytes) {
    append_command(out, "SET", entry_.key(), text);
    part_ = Part::expiry;
    return;
  }
  if (cursor_ == 0)
    out.append(fmt::format(
        "*3\r\n$3\r\nSET\r\n${}\r\n{}\r\n${}\r\n", entry_.key().size(), entry_.key(), text.size()));
  const std::string_view piece = text.substr(cursor_, piece_bytes);
  out.append(piece);
  cursor_ += piece.size();
  if (cursor_ < text.size()) return;
  out.append("\r\n");
  part_ = Part::expiry;
}

std::size_t EntryCommands::append_items(base::Buffer& out) {
  const store::ListNode node = store::ListView(entry_).node(cursor_);
  Gathered push("RPUSH", entry_.key());
  if (node.is_plain) {
    push.add(node.plain_text());
  } else {
    char scratch[base::int64_digits_max];
    const store::ListpackView pack = node.pack();
    for (std::size_t at = pack.first(); at != store::ListpackView::none; at = pack.next(at)) {
      push.keep(pack.item(at).text(scratch));
      if (push.size() == command_elements_max) push.flush(out);
    }
  }
  push.flush(out);
  if (++cursor_ == total_) part_ = Part::expiry;
  return node_elements;
}

std::size_t EntryCommands::append_members(base::Buffer& out) {
  Gathered add("SADD", entry_.key());
  cursor_ =
      store::SetView(entry_).scan(cursor_, command_elements_max, [&](std::string_view member) {
        add.keep(member);
        if (add.size() == command_elements_max) add.flush(out);
      });
  add.flush(out);
  if (cursor_ == 0) part_ = Part::expiry;
  return command_elements_max;
}

std::size_t EntryCommands::append_scores(base::Buffer& out) {
  const std::size_t count = std::min<std::size_t>(command_elements_max, total_ - cursor_);
  Gathered add("ZADD", entry_.key());
  store::SortedSetView(entry_).visit(
      {cursor_, count}, false, [&](std::string_view member, double score) {
        add.keep(base::format_double(score));
        add.keep(member);
      });
  add.flush(out);
  cursor_ += count;
  if (cursor_ == total_) part_ = Part::expiry;
  return count;
}

std::size_t EntryCommands::append_fields(base::Buffer& out) {
  Gathered set("HMSET", entry_.key());
  base::Buffer times;
  cursor_ = store::HashView(entry_).scan_timed(
      cursor_,
      command_elements_max,
      [&](std::string_view field, std::string_view value, std::int64_t expiry_ms) {
        set.keep(field);
        set.keep(value);
        if (expiry_ms != store::no_expiry)
          append_command(
              times, "HPEXPIREAT", entry_.key(), std::to_string(expiry_ms), "FIELDS", "1", field);
        if (set.size() == 2 * command_elements_max) set.flush(out);
      });
  set.flush(out);
  out.append(times.view());
  if (cursor_ == 0) part_ = Part::expiry;
  return command_elements_max;
}

std::size_t EntryCommands::append_stream_entries(base::Buffer& out) {
  const store::StreamView stream(entry_);
  std::size_t count = 0;
  bool is_over = true;
  stream->visit({.first = next_id_}, false, [&](const store::StreamEntry& item) {
    if (count == command_elements_max) {
      is_over = false;
      return false;
    }
    Gathered add("XADD", entry_.key());
    add.keep(id_text(item.id));
    char scratch[base::int64_digits_max];
    item.for_each_field([&](const store::ListpackItem& field, const store::ListpackItem& value) {
      add.keep(field.text(scratch));
      add.keep(value.text(scratch));
    });
    add.flush(out);
    ++count;
    if (item.id == store::StreamId::highest()) return false;
    next_id_ = item.id.next();
    return true;
  });
  // An empty stream exists as well.
  if (total_ == 0) append_command(out, "XADD", entry_.key(), "MAXLEN", "0", "0-1", "x", "y");
  if (is_over) part_ = Part::stream_end;
  return count;
}

void EntryCommands::append_stream_end(base::Buffer& out) {
  const store::StreamView stream(entry_);
  append_command(out,
                 "XSETID",
                 entry_.key(),
                 id_text(stream->last_id),
                 "ENTRIESADDED",
                 std::to_string(stream->entries_added),
                 "MAXDELETEDID",
                 id_text(stream->max_deleted_id));
  group_ = stream->groups.begin();
  part_ = Part::group;
}

void EntryCommands::append_group(base::Buffer& out) {
  if (group_ == store::StreamView(entry_)->groups.end()) {
    part_ = Part::expiry;
    return;
  }
  const auto& [name, group] = *group_;
  append_command(out,
                 "XGROUP",
                 "CREATE",
                 entry_.key(),
                 name,
                 id_text(group.last_id),
                 "ENTRIESREAD",
                 std::to_string(group.entries_read));
  consumer_ = group.consumers().begin();
  pending_ = group.pending().begin();
  part_ = Part::consumer;
}

void EntryCommands::append_consumer(base::Buffer& out) {
  const auto& [name, group] = *group_;
  if (consumer_ == group.consumers().end()) {
    part_ = Part::pending;
    return;
  }
  append_command(out, "XGROUP", "CREATECONSUMER", entry_.key(), name, consumer_->first);
  ++consumer_;
}

void EntryCommands::append_pending(base::Buffer& out) {
  const auto& [name, group] = *group_;
  if (*pending_ == group.pending().end()) {
    ++group_;
    part_ = Part::group;
    return;
  }
  const store::PendingEntry& pending = **pending_;
  append_command(out,
                 "XCLAIM",
                 entry_.key(),
                 name,
                 pending.consumer->name,
                 "0",
                 id_text(pending.id),
                 "TIME",
                 std::to_string(pending.delivered_ms),
                 "RETRYCOUNT",
                 std::to_string(pending.deliveries),
                 "JUSTID",
                 "FORCE");
  ++*pending_;
}

void EntryCommands::append_expiry(base::Buffer& out) {
  if (entry_.has_expiry())
    append_command(out, "PEXPIREAT", entry_.key(), std::to_string(entry_.expiry_ms()));
  part_ = Part::nothing;
}

}  // namespace duplex::server
