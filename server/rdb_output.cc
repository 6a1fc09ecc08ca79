// A snapshot as an RDB file: dump.rdb, and the base of the log with its preamble.
#include "server/rdb_output.h"

#include "base/clock.h"
#include "base/memory.h"
#include "commands/compatible_version.h"
#include "rdb/sliced_entry.h"

#include <algorithm>
#include <string>

namespace duplex::server {

namespace {

// The file is written in pieces of about this size. Copying one into the kernel takes some tens of
// microseconds, for which a loop on the same core may have to wait.
constexpr std::size_t piece_bytes = std::size_t{64} << 10;

class RdbSlices final : public EntrySlices {
 public:
  RdbSlices(const store::Entry& entry, bool compress, int version)
      : slices_(entry, compress, version) {}
  void append(base::Buffer& out) override { slices_.append(out); }
  bool done() const override { return slices_.done(); }

 private:
  rdb::SlicedEntry slices_;
};

}  // namespace

RdbOutput::RdbOutput(SnapshotFile& file, Options options)
    : file_(file),
      options_(options),
      writer_(buffer_,
              {.compress = options.compress,
               .checksum = options.checksum,
               .version = options.version}) {}

void RdbOutput::append_entry(base::Buffer& out, const store::Entry& entry) const {
  rdb::append_entry(out, entry, {}, options_.compress, options_.version);
}

std::unique_ptr<EntrySlices> RdbOutput::slices(const store::Entry& entry) const {
  if (!rdb::SlicedEntry::is_large(entry, options_.version)) return nullptr;
  return std::make_unique<RdbSlices>(entry, options_.compress, options_.version);
}

std::error_code RdbOutput::begin(const SnapshotContents& contents) {
  databases_ = contents.databases;
  writer_.aux("redis-ver", commands::compatible_version);
  writer_.aux("redis-bits", "64");
  writer_.aux("ctime", std::to_string(base::wall_ms() / 1000));
  writer_.aux("used-mem", std::to_string(base::allocated_bytes()));
  writer_.aux("aof-base", options_.is_log_base ? "1" : "0");
  // Version 9 has no such record. Who does not know it refuses the file, which is better than to
  // lose them.
  for (const script::Libraries::Pointer& library : contents.libraries)
    writer_.function(library->code);
  return flush(0);
}

std::error_code RdbOutput::write(int database, std::string_view records) {
  if (records.empty()) return {};
  if (database != database_) {
    const auto size = std::ranges::find(databases_, database, &store::SnapshotDatabase::number);
    writer_.select(static_cast<std::uint64_t>(database),
                   size == databases_.end() ? 0 : size->keys,
                   size == databases_.end() ? 0 : size->expiring);
    database_ = database;
  }
  writer_.records(records);
  return flush(piece_bytes);
}

std::error_code RdbOutput::finish() {
  writer_.end();
  if (const auto error = flush(0)) return error;
  return file_.finish();
}

std::error_code RdbOutput::flush(std::size_t above_bytes) {
  if (buffer_.size() <= above_bytes) return {};
  const auto error = file_.append(buffer_.view());
  buffer_.clear();
  return error;
}

}  // namespace duplex::server
