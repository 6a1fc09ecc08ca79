// A snapshot as an RDB file: dump.rdb, and the base of the log with its preamble.
#pragma once

#include "commands/eviction.h"
#include "rdb/entry.h"
#include "rdb/format.h"
#include "rdb/writer.h"
#include "server/snapshot_file.h"
#include "server/snapshot_output.h"

#include <cstdint>
#include <vector>

namespace duplex::server {

// Thread: as SnapshotOutput.
class RdbOutput final : public SnapshotOutput {
 public:
  struct Options {
    bool compress = true;
    bool checksum = true;
    int version = rdb::written_version;
    bool is_log_base = false;
    // How entries were used is written if the policy asks for it.
    commands::EvictionPolicy policy = commands::EvictionPolicy::noeviction;
    std::int64_t lfu_decay_minutes = 1;
  };

  // Lifetime: `file` outlives the output.
  RdbOutput(SnapshotFile& file, Options options);

  void append_entry(base::Buffer& out, const store::Entry& entry) const override;
  std::unique_ptr<EntrySlices> slices(const store::Entry& entry) const override;
  std::error_code begin(const SnapshotContents& contents) override;
  std::error_code write(int database, std::string_view records) override;
  std::error_code finish() override;

 private:
  std::error_code flush(std::size_t above_bytes);
  rdb::Usage usage_of(const store::Entry& entry) const;

  SnapshotFile& file_;
  const Options options_;
  const std::int64_t started_ms_;
  base::Buffer buffer_;
  rdb::Writer writer_;
  std::vector<store::SnapshotDatabase> databases_;
  int database_ = -1;
};

}  // namespace duplex::server
