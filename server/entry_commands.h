// The commands that make an entry again, as Redis writes them into a base without a preamble.
#pragma once

#include "base/buffer.h"
#include "server/snapshot_output.h"
#include "store/entry.h"
#include "store/stream.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::server {

// Collections take several commands of up to so many elements.
inline constexpr std::size_t command_elements_max = 64;

// Thread: whoever holds the entry's shard. The entry must not change before done().
class EntryCommands final : public EntrySlices {
 public:
  static bool is_large(const store::Entry& entry);

  explicit EntryCommands(const store::Entry& entry);

  // Appends whole commands, except for a long string, whose command is cut into pieces.
  void append(base::Buffer& out) override;
  bool done() const override { return part_ == Part::nothing; }

 private:
  using Groups = store::StreamGroups::const_iterator;
  using Consumers = store::StreamGroup::Consumers::const_iterator;
  using Pending = store::StreamGroup::Pending::Iterator;

  // What comes next.
  enum class Part : std::uint8_t { value, stream_end, group, consumer, pending, expiry, nothing };

  // Each appends a little and goes on to the next part when its own is over. Returns how many
  // elements that were.
  std::size_t append_some(base::Buffer& out);
  std::size_t append_value(base::Buffer& out);
  void append_text(base::Buffer& out);
  std::size_t append_items(base::Buffer& out);
  std::size_t append_scores(base::Buffer& out);
  std::size_t append_fields(base::Buffer& out);
  std::size_t append_members(base::Buffer& out);
  std::size_t append_stream_entries(base::Buffer& out);
  void append_stream_end(base::Buffer& out);
  void append_group(base::Buffer& out);
  void append_consumer(base::Buffer& out);
  void append_pending(base::Buffer& out);
  void append_expiry(base::Buffer& out);

  const store::Entry& entry_;
  Part part_ = Part::value;
  std::size_t total_ = 0;
  std::uint64_t cursor_ = 0;  // a hash, a rank, an index, or a place in a string
  store::StreamId next_id_{};
  Groups group_;
  Consumers consumer_;
  std::optional<Pending> pending_;
};

}  // namespace duplex::server
