// What a command is: one declaration that the dispatcher, COMMAND and the documents read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

class CommandContext;
struct KeyPosition;
using Args = std::span<const std::string_view>;
using Handler = void (*)(CommandContext&);

// What the dispatcher has to know to run a command; the names are those of COMMAND INFO.
enum class Flag : std::uint32_t {
  write = 1u << 0,
  readonly = 1u << 1,
  denyoom = 1u << 2,
  admin = 1u << 3,
  pubsub = 1u << 4,
  noscript = 1u << 5,
  blocking = 1u << 6,
  loading = 1u << 7,
  stale = 1u << 8,
  skip_monitor = 1u << 9,
  skip_slowlog = 1u << 10,
  fast = 1u << 11,
  no_auth = 1u << 12,
  may_replicate = 1u << 13,
  no_async_loading = 1u << 14,
  no_multi = 1u << 15,
  allow_busy = 1u << 16,
  movable_keys = 1u << 17,
  // A directive says who may run it: `enable-<name>-command`; Redis keeps this to itself.
  guarded = 1u << 18,
  // Ours: the dispatcher takes every shard (FLUSHALL), the command visits them itself (SCAN), it is
  // run inside MULTI instead of being queued (EXEC), RESP2 subscribers may use it (PING), it runs a
  // script (EVAL).
  all_shards = 1u << 24,
  visits_shards = 1u << 25,
  runs_in_multi = 1u << 26,
  subscriber = 1u << 27,
  runs_script = 1u << 28,
  // The first argument is a channel, which may have a history: that is locked, too.
  uses_history = 1u << 29,
};

constexpr Flag operator|(Flag a, Flag b) {
  return static_cast<Flag>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(Flag set, Flag flag) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(flag)) != 0;
}

// ACL categories; the names are those of ACL CAT.
enum class Category : std::uint32_t {
  none = 0,
  keyspace = 1u << 0,
  read = 1u << 1,
  write = 1u << 2,
  set = 1u << 3,
  sortedset = 1u << 4,
  list = 1u << 5,
  hash = 1u << 6,
  string = 1u << 7,
  bitmap = 1u << 8,
  hyperloglog = 1u << 9,
  geo = 1u << 10,
  stream = 1u << 11,
  pubsub = 1u << 12,
  admin = 1u << 13,
  fast = 1u << 14,
  slow = 1u << 15,
  blocking = 1u << 16,
  dangerous = 1u << 17,
  connection = 1u << 18,
  transaction = 1u << 19,
  scripting = 1u << 20,
};

constexpr Category operator|(Category a, Category b) {
  return static_cast<Category>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(Category set, Category category) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(category)) != 0;
}

// How a command uses a key; the names are those of COMMAND INFO's key specifications.
enum class KeyFlag : std::uint16_t {
  none = 0,
  rw = 1u << 0,
  ro = 1u << 1,
  ow = 1u << 2,
  rm = 1u << 3,
  access = 1u << 4,
  update = 1u << 5,
  insert = 1u << 6,
  deletes = 1u << 7,
  not_key = 1u << 8,
  incomplete = 1u << 9,
  variable_flags = 1u << 10,
};

constexpr KeyFlag operator|(KeyFlag a, KeyFlag b) {
  return static_cast<KeyFlag>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool has(KeyFlag set, KeyFlag flag) {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(flag)) != 0;
}

// How a command uses the channels that its arguments name: one at the first place, or all of them.
enum class ChannelUse : std::uint8_t { none, publish, subscribe, subscribe_patterns };

// Where keys stand. `last` counts from the first key (0: only that one); -1 is the last argument,
// -2 the one before; a limit of n > 1 takes only the first n-th part of the arguments.
struct KeySpec {
  enum class Begin : std::uint8_t { none, index, keyword, unknown };
  enum class Find : std::uint8_t { range, key_number, unknown };

  KeyFlag flags = KeyFlag::none;
  Begin begin = Begin::none;
  int index = 0;               // index: the position; keyword: where the search starts
  std::string_view keyword{};  // keyword: what stands before the first key
  Find find = Find::range;
  int last = 0;  // range
  int step = 1;
  int limit = 0;         // range
  int number_index = 0;  // key_number: where the count stands, from the begin
  int first_key = 0;     // key_number: where the first key stands, from the begin
};

struct KeySpecs {
  std::array<KeySpec, 3> specs{};
  std::size_t count = 0;

  constexpr std::span<const KeySpec> view() const { return std::span(specs).first(count); }
};

constexpr KeySpecs no_keys() {
  return {};
}
constexpr KeySpecs keys(KeySpec a) {
  return {{a, {}, {}}, 1};
}
constexpr KeySpecs keys(KeySpec a, KeySpec b) {
  return {{a, b, {}}, 2};
}
constexpr KeySpecs keys(KeySpec a, KeySpec b, KeySpec c) {
  return {{a, b, c}, 3};
}

// `last` as in KeySpec.
constexpr KeySpec range(int index, int last, int step, KeyFlag flags, int limit = 0) {
  return {.flags = flags,
          .begin = KeySpec::Begin::index,
          .index = index,
          .keyword = {},
          .find = KeySpec::Find::range,
          .last = last,
          .step = step,
          .limit = limit,
          .number_index = 0,
          .first_key = 0};
}
constexpr KeySpec key_number(int index, int number_index, int first_key, int step, KeyFlag flags) {
  return {.flags = flags,
          .begin = KeySpec::Begin::index,
          .index = index,
          .keyword = {},
          .find = KeySpec::Find::key_number,
          .last = 0,
          .step = step,
          .limit = 0,
          .number_index = number_index,
          .first_key = first_key};
}
// Searches the keyword from the argument at `index` on.
constexpr KeySpec behind_keyword(std::string_view keyword, int index, KeyFlag flags) {
  return {.flags = flags,
          .begin = KeySpec::Begin::keyword,
          .index = index,
          .keyword = keyword,
          .find = KeySpec::Find::range,
          .last = 0,
          .step = 1,
          .limit = 0,
          .number_index = 0,
          .first_key = 0};
}
constexpr KeySpec unknown_keys(KeyFlag flags) {
  return {.flags = flags,
          .begin = KeySpec::Begin::unknown,
          .index = 0,
          .keyword = {},
          .find = KeySpec::Find::unknown,
          .last = 0,
          .step = 1,
          .limit = 0,
          .number_index = 0,
          .first_key = 0};
}

// Documented as COMMAND DOCS groups them.
struct CommandSpec {
  std::string_view name;  // upper case
  // Counts the name itself (and the container's); negative: at least that many.
  int arity = 0;
  Flag flags{};
  Category categories{};
  KeySpecs keys{};
  ChannelUse channels = ChannelUse::none;  // those that need a permission
  Handler handler = nullptr;  // a container's: run when no subcommand is given, or absent
  std::string_view group;
  std::string_view syntax{};  // the arguments, in the notation of COMMAND DOCS' readers
  std::string_view summary;
  std::string_view complexity{};
  std::string_view since;
  std::string_view history{};  // "2.6.12: Added …. // 6.0.0: …"
  std::string_view deprecated_since{};
  std::string_view replaced_by{};
  std::string_view tips{};  // separated by commas
  std::span<const CommandSpec> subcommands{};
  // Instead of `keys`, where these cannot say which arguments are keys: appends their positions.
  void (*find_keys)(Args args, std::vector<KeyPosition>& positions) = nullptr;
  // For commands that may lead to keys that are not among their arguments: whether this request
  // does, so that it has to be run as if it was declared all_shards.
  bool (*needs_all_shards)(Args args) = nullptr;
  // Appends the keys that such a request leads to, as far as the shards that are held tell; false
  // if they are too many to be locked one by one. Without it, all shards are locked.
  bool (*find_led_keys)(CommandContext& ctx, Args args, std::vector<std::string>& keys) = nullptr;
};

// Whether the keys are not simply at fixed places: clients have to ask COMMAND GETKEYS then.
constexpr bool has_movable_keys(const CommandSpec& spec) {
  if (spec.find_keys != nullptr) return true;
  for (const KeySpec& key_spec : spec.keys.view())
    if (key_spec.begin != KeySpec::Begin::index || key_spec.find != KeySpec::Find::range)
      return true;
  return false;
}

// Whether a request of this many arguments, the name included, is one of the command's.
constexpr bool arity_fits(const CommandSpec& spec, std::size_t argc) {
  const auto count = static_cast<int>(argc);
  return spec.arity > 0 ? count == spec.arity : count >= -spec.arity;
}

// Whether a request has to be run with all shards locked, wherever its keys are.
inline bool locks_all_shards(const CommandSpec& spec, Args args) {
  return has(spec.flags, Flag::all_shards) ||
         (spec.needs_all_shards != nullptr && spec.needs_all_shards(args));
}

// What a declaration must satisfy; families check their tables with it at compile time. That there
// is a handler is checked when the table is made: with the UB sanitizer GCC does not take the
// address of every function for a constant.
constexpr bool well_formed(const CommandSpec& spec) {
  if (spec.name.empty() || spec.arity == 0 || spec.summary.empty() || spec.since.empty() ||
      spec.group.empty())
    return false;
  for (const char c : spec.name)
    if (c >= 'a' && c <= 'z') return false;
  if (has(spec.flags, Flag::write) && has(spec.flags, Flag::readonly)) return false;
  if (has(spec.flags, Flag::write) && spec.keys.count == 0 && spec.subcommands.empty() &&
      !has(spec.flags, Flag::all_shards | Flag::visits_shards))
    return false;
  for (const CommandSpec& sub : spec.subcommands)
    if (!well_formed(sub)) return false;
  return true;
}

constexpr bool well_formed(std::span<const CommandSpec> specs) {
  for (const CommandSpec& spec : specs)
    if (!well_formed(spec)) return false;
  return true;
}

}  // namespace duplex::commands
