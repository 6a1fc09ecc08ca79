// The manifest: which files make up the log, as Redis 7 writes it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::aof {

struct ManifestEntry {
  std::string name;  // a bare file name
  std::uint64_t sequence = 0;

  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

// How a base is written, which its name tells.
enum class BaseForm : std::uint8_t { rdb, records };

// At most one base, then increments in rising sequence; history is what waits for deletion.
//
// Invariant: the increments' sequence numbers rise strictly.
struct Manifest {
  std::optional<ManifestEntry> base;
  std::vector<ManifestEntry> increments;
  std::vector<ManifestEntry> history;

  bool empty() const { return !base && increments.empty(); }

  // Reads the file's text. The error is a sentence with the number of the line.
  static std::expected<Manifest, std::string> parse(std::string_view text);
  // Returns the file's text: history, then base, then increments, as Redis orders them.
  std::string format() const;

  // Adds the next increment of the log `file_name` and returns its entry.
  const ManifestEntry& add_increment(std::string_view file_name);
  // Returns the name and number that the next base of the log `file_name` has.
  ManifestEntry next_base(std::string_view file_name, BaseForm form) const;
  // Puts `entry` in the place of the base; the old base and the increments before `first_kept`
  // become history.
  void install_base(ManifestEntry entry, std::uint64_t first_kept);

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// "appendonly.aof" -> "appendonly.aof.manifest"
std::string manifest_name(std::string_view file_name);

inline constexpr std::size_t manifest_line_bytes_max = 1024;

}  // namespace duplex::aof
