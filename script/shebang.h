// The first line of a script: "#!lua flags=no-writes".
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::script {

enum class ScriptFlag : std::uint8_t {
  no_writes = 1u << 0,
  allow_oom = 1u << 1,
  allow_stale = 1u << 2,
  no_cluster = 1u << 3,
  allow_cross_slot_keys = 1u << 4,
};

// The flags of a script or function. Without a shebang line a script is run as before Redis 7.
struct ScriptFlags {
  bool has_shebang = false;
  std::uint8_t bits = 0;

  bool has(ScriptFlag flag) const { return (bits & static_cast<std::uint8_t>(flag)) != 0; }
  void add(ScriptFlag flag) { bits |= static_cast<std::uint8_t>(flag); }
};

std::optional<ScriptFlag> flag_by_name(std::string_view name);
// The names of all flags that are set, in Redis's order.
inline constexpr std::string_view flag_names[] = {
    "no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"};

// Splits off the words of the first line.
struct Shebang {
  ScriptFlags flags;
  std::string_view body;  // from the line's end on, so that lines keep their numbers
};
// The error is a whole reply.
std::expected<Shebang, std::string> read_shebang(std::string_view script);

// The metadata of a library: "#!lua name=x".
struct LibraryHead {
  std::string_view name;
  std::string_view body;
};
std::expected<LibraryHead, std::string> read_library_head(std::string_view code);
bool is_function_name(std::string_view name);
inline constexpr std::string_view bad_name =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one "
    "character long";

}  // namespace duplex::script
