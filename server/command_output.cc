// A snapshot as commands: the base of the log without a preamble (aof-use-rdb-preamble no).
#include "server/command_output.h"

#include "aof/format.h"
#include "aof/log_unit.h"
#include "base/clock.h"
#include "server/entry_commands.h"

#include <fmt/format.h>

namespace duplex::server {

namespace {

// The file is written in pieces of about this size.
constexpr std::size_t piece_bytes = std::size_t{64} << 10;

}  // namespace

void CommandOutput::append_entry(base::Buffer& out, const store::Entry& entry) const {
  EntryCommands commands(entry);
  while (!commands.done())
    commands.append(out);
}

std::unique_ptr<EntrySlices> CommandOutput::slices(const store::Entry& entry) const {
  if (!EntryCommands::is_large(entry)) return nullptr;
  return std::make_unique<EntryCommands>(entry);
}

std::error_code CommandOutput::begin(const SnapshotContents& contents) {
  if (writes_time_) buffer_.append(fmt::format("{}{}\r\n", aof::time_mark, base::wall_ms() / 1000));
  for (const script::Libraries::Pointer& library : contents.libraries) {
    const std::string_view args[] = {"FUNCTION", "LOAD", library->code};
    aof::append_record(buffer_, args);
  }
  return flush(0);
}

std::error_code CommandOutput::write(int database, std::string_view records) {
  if (records.empty()) return {};
  if (database != database_) aof::append_select(buffer_, database);
  database_ = database;
  buffer_.append(records);
  return flush(piece_bytes);
}

std::error_code CommandOutput::finish() {
  if (const auto error = flush(0)) return error;
  return file_.finish();
}

std::error_code CommandOutput::flush(std::size_t above_bytes) {
  if (buffer_.size() <= above_bytes) return {};
  const auto error = file_.append(buffer_.view());
  buffer_.clear();
  return error;
}

}  // namespace duplex::server
