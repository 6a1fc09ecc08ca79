// Where the keys of a request stand, found by its command's key specifications.
#include "commands/key_positions.h"

#include "base/numbers.h"
#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace duplex::commands {

namespace {

// The position of the first key or of what it is counted from; nothing if it is not there.
std::optional<std::size_t> begin_of(const KeySpec& spec, Args args) {
  if (spec.begin == KeySpec::Begin::index) {
    const auto index = static_cast<std::size_t>(spec.index);
    return index < args.size() ? std::optional(index) : std::nullopt;
  }
  if (spec.begin != KeySpec::Begin::keyword) return std::nullopt;
  // A negative start searches backwards from the end.
  const bool backwards = spec.index < 0;
  const auto size = static_cast<std::int64_t>(args.size());
  std::int64_t at = backwards ? size + spec.index : spec.index;
  for (; at > 0 && at < size - 1; at += backwards ? -1 : 1)
    if (base::equals_ignoring_case(args[static_cast<std::size_t>(at)], spec.keyword))
      return static_cast<std::size_t>(at) + 1;
  return std::nullopt;
}

bool find_counted(const KeySpec& spec,
                  Args args,
                  std::size_t begin,
                  std::vector<KeyPosition>& out) {
  const std::size_t number_at = begin + static_cast<std::size_t>(spec.number_index);
  if (number_at >= args.size()) return false;
  const auto count = base::parse_int64(args[number_at]);
  if (!count || *count < 0) return false;
  const std::size_t first = begin + static_cast<std::size_t>(spec.first_key);
  const auto step = static_cast<std::size_t>(spec.step);
  const auto keys = static_cast<std::size_t>(*count);
  if (keys > args.size() ||
      first + (keys == 0 ? 0 : (keys - 1) * step) >= args.size() + (keys == 0))
    return false;
  for (std::size_t i = 0; i < keys; ++i)
    out.push_back({first + i * step, spec.flags});
  return true;
}

void find_range(const KeySpec& spec, Args args, std::size_t begin, std::vector<KeyPosition>& out) {
  const auto size = static_cast<std::int64_t>(args.size());
  const auto first = static_cast<std::int64_t>(begin);
  std::int64_t last = 0;
  if (spec.last >= 0)
    last = first + spec.last;
  else if (spec.limit <= 1)
    last = size + spec.last;
  else
    last = first + (size - first) / spec.limit + spec.last;
  for (std::int64_t at = first; at <= last && at < size; at += spec.step)
    out.push_back({static_cast<std::size_t>(at), spec.flags});
}

bool has_word(Args args, std::string_view word) {
  for (const std::string_view arg : args)
    if (base::equals_ignoring_case(arg, word)) return true;
  return false;
}

bool bitfield_only_reads(Args args) {
  for (std::size_t i = 2; i < args.size();) {
    if (base::equals_ignoring_case(args[i], "get"))
      i += 3;
    else if (base::equals_ignoring_case(args[i], "overflow"))
      i += 2;
    else
      return false;
  }
  return true;
}

}  // namespace

bool find_keys(const CommandSpec& spec, Args args, std::vector<KeyPosition>& positions) {
  if (spec.find_keys != nullptr) {
    spec.find_keys(args, positions);
    return true;
  }
  for (const KeySpec& key_spec : spec.keys.view()) {
    const auto begin = begin_of(key_spec, args);
    if (!begin) continue;
    if (key_spec.find == KeySpec::Find::range)
      find_range(key_spec, args, *begin, positions);
    else if (key_spec.find == KeySpec::Find::key_number &&
             !find_counted(key_spec, args, *begin, positions))
      return false;
  }
  return true;
}

KeyFlag actual_key_flags(const CommandSpec& spec, KeyFlag flags, Args args) {
  if (!has(flags, KeyFlag::variable_flags)) return flags;
  const bool is_set = spec.name == "SET";
  if (is_set && !has_word(args.subspan(std::min<std::size_t>(args.size(), 3)), "get"))
    return KeyFlag::ow | KeyFlag::update;
  if (!is_set && bitfield_only_reads(args)) return KeyFlag::ro | KeyFlag::access;
  return KeyFlag::rw | KeyFlag::access | KeyFlag::update;
}

}  // namespace duplex::commands
