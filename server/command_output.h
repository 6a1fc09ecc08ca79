// A snapshot as commands: the base of the log without a preamble (aof-use-rdb-preamble no).
#pragma once

#include "base/buffer.h"
#include "server/snapshot_file.h"
#include "server/snapshot_output.h"

namespace duplex::server {

// Thread: as SnapshotOutput.
class CommandOutput final : public SnapshotOutput {
 public:
  // With `writes_time`, the file begins with a line that says when it was written. Lifetime: `file`
  // outlives the output.
  CommandOutput(SnapshotFile& file, bool writes_time) : file_(file), writes_time_(writes_time) {}

  void append_entry(base::Buffer& out, const store::Entry& entry) const override;
  std::unique_ptr<EntrySlices> slices(const store::Entry& entry) const override;
  std::error_code begin(const SnapshotContents& contents) override;
  std::error_code write(int database, std::string_view records) override;
  std::error_code finish() override;

 private:
  std::error_code flush(std::size_t above_bytes);

  SnapshotFile& file_;
  const bool writes_time_;
  base::Buffer buffer_;
  int database_ = -1;
};

}  // namespace duplex::server
