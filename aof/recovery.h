// Starting from the files of a log: what to load, in which order, and where the stream goes on.
#pragma once

#include "aof/format.h"
#include "aof/manifest.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::aof {

struct RecoveryOptions {
  std::string directory = ".";                     // `dir`
  std::string append_directory = "appendonlydir";  // `appenddirname`
  std::string file_name = "appendonly.aof";        // `appendfilename`
  bool load_truncated = true;                      // `aof-load-truncated`
};

// Who takes in what the files hold. An error is a sentence, and ends the recovery.
struct RecoverySink {
  // `bytes` begin with an RDB file: the base, or the preamble of an old single file. Returns how
  // many bytes the RDB file takes; behind a preamble records follow.
  std::function<std::expected<std::size_t, std::string>(std::string_view path,
                                                        std::string_view bytes)>
      on_rdb;
  // One record, SELECT, MULTI and EXEC included; groups are always whole. `args` are valid during
  // the call.
  std::function<std::expected<void, std::string>(std::span<const std::string_view> args)> on_record;
};

struct Recovered {
  // Empty when there was nothing to load.
  Manifest manifest;
  // Where the stream goes on. store_id is empty when no file names one: then the history is new.
  StreamPosition position;
  std::uint64_t records = 0;
  // What was cut off the last file, and which; 0 and empty when nothing was.
  std::uint64_t dropped_bytes = 0;
  std::string dropped_from;
  std::string dropped_reason;
};

// Reads the manifest and gives base and increments to `sink` in order. An old single file in
// `directory` becomes the base of a new manifest, as redis-server 7 does it. Only the last file
// that has content may be torn: it is cut with load_truncated, else the recovery is refused. Writes
// log lines about what it cut. The error is a sentence for the operator, with file and offset.
std::expected<Recovered, std::string> recover(const RecoveryOptions& options,
                                              const RecoverySink& sink);

// The manifest of a log that is not loaded; an empty one if there is none.
std::expected<Manifest, std::string> find_manifest(const RecoveryOptions& options);
// Puts a manifest in its place and deletes the files of its history, for a log that nobody writes.
std::expected<void, std::string> write_manifest(const RecoveryOptions& options, Manifest manifest);

// Whether there is anything to recover: a manifest, or an old single file.
bool has_log(const RecoveryOptions& options);

}  // namespace duplex::aof
