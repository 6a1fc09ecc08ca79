// What a snapshot is written as: an RDB file, or the commands that make the data again.
#pragma once

#include "base/buffer.h"
#include "store/entry.h"
#include "store/snapshot.h"

#include <memory>
#include <span>
#include <string_view>
#include <system_error>

namespace duplex::server {

// The record of a large entry, in slices. Thread: whoever holds the entry's shard.
class EntrySlices {
 public:
  virtual ~EntrySlices() = default;
  // Requires: !done(), and that the entry has not changed since the first slice.
  virtual void append(base::Buffer& out) = 0;
  virtual bool done() const = 0;
};

// Thread: confined to its owner, except where it says otherwise.
class SnapshotOutput {
 public:
  virtual ~SnapshotOutput() = default;

  // Appends the record of an entry. Thread: any.
  virtual void append_entry(base::Buffer& out, const store::Entry& entry) const = 0;
  // For an entry that takes long; nullptr for others. Thread: any.
  virtual std::unique_ptr<EntrySlices> slices(const store::Entry& entry) const = 0;

  // `functions`: the code of all libraries of functions.
  virtual std::error_code begin(std::span<const store::SnapshotDatabase> databases,
                                std::span<const std::string_view> functions) = 0;
  // Whole records of one database, or pieces of one record behind each other.
  virtual std::error_code write(int database, std::string_view records) = 0;
  // Everything was written; the file is synced then.
  virtual std::error_code finish() = 0;
};

}  // namespace duplex::server
