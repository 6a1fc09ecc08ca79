// Writes an RDB file, record by record.
#pragma once

#include "base/buffer.h"
#include "rdb/entry.h"
#include "rdb/format.h"

#include <cstdint>
#include <string_view>

namespace duplex::rdb {

// Appends what Writer::entry() writes, without a checksum. Thread: any.
void append_entry(
    base::Buffer& out, const store::Entry& entry, const Usage& usage, bool compress, int version);
// The part of it that comes before the value.
void append_entry_head(base::Buffer& out,
                       const store::Entry& entry,
                       const Usage& usage,
                       int version);

// Appends to a buffer, from which the owner takes the bytes away between the calls, as often as it
// likes. The order is: header, aux and functions, then select and entries per database, then end. A
// database may be selected several times.
//
// Thread: confined to its owner.
class Writer {
 public:
  // `compress` as `rdbcompression`, `checksum` as `rdbchecksum`, `version` as
  // `rdb-compat-version`: from written_version_min to written_version_max.
  struct Options {
    bool compress = true;
    bool checksum = true;
    int version = written_version;
  };

  // Writes the header. Lifetime: `out` outlives the Writer.
  Writer(base::Buffer& out, Options options);

  void aux(std::string_view key, std::string_view value);
  void function(std::string_view code);
  // The entries from here on are in database `number`, which has about so many keys.
  void select(std::uint64_t number, std::uint64_t keys, std::uint64_t expiring);
  void entry(const store::Entry& entry, const Usage& usage = {});
  // The same with whole records, or pieces of one, as append_entry() and SlicedEntry make them.
  void records(std::string_view bytes);
  // Nothing may follow.
  void end();

 private:
  // Appends by `append`, and takes the new bytes into the checksum.
  template <typename Append>
  void write(Append append);

  base::Buffer& out_;
  const Options options_;
  std::uint64_t checksum_ = 0;
};

}  // namespace duplex::rdb
