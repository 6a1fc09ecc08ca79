// One directive of the configuration: its name, what its values look like, and where they go.
#pragma once

#include "server/config.h"
#include "server/config_values.h"

#include <concepts>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace duplex::server {

// Where a value comes from. Directives that collect several lines start afresh with the first one.
enum class Source : std::uint8_t { first_line, further_line, run_time };

// What may be done with a directive.
enum DirectiveFlag : unsigned {
  fixed = 1u << 0,      // only at start
  guarded = 1u << 1,    // at run time only if enable-protected-configs allows it
  owned = 1u << 2,      // at run time only if someone has registered to act on it
  sensitive = 1u << 3,  // never shown in logs or errors
  several = 1u << 4,    // takes several words; at run time one text with spaces between
  file_only = 1u << 5,  // unknown to CONFIG GET and CONFIG SET
  no_effect = 1u << 6,  // accepted for the sake of existing files
  reloaded = 1u << 7,   // names a file: setting it acts even if the name is the same
};

struct Directive {
  using Write = Outcome (*)(const Directive&, Config&, Words, Source);
  using Read = std::string (*)(const Directive&, const Config&);
  using Lines = std::vector<std::string> (*)(const Directive&, const Config&);

  std::string_view name;
  Shape shape;
  Write write = nullptr;
  Read read = nullptr;    // as CONFIG GET answers
  Lines lines = nullptr;  // as CONFIG REWRITE writes it
  unsigned flags = 0;
  std::string_view alias = {};    // another name for the same directive
  std::string_view initial = {};  // the default of a no_effect directive

  bool has(DirectiveFlag flag) const { return (flags & flag) != 0; }

  constexpr Directive also(std::string_view other_name) const {
    Directive changed = *this;
    changed.alias = other_name;
    return changed;
  }
};

// The usual single line: the name and the value, quoted where the value is free text.
std::vector<std::string> single_line(const Directive& directive, const Config& config);

template <typename Parsed, typename Type>
Outcome store(const std::expected<Parsed, std::string>& value, Type& member) {
  if (!value) return std::unexpected(value.error());
  member = static_cast<Type>(*value);
  return {};
}

// The directive's value is Config's member.
template <auto Member>
Outcome write_member(const Directive& directive, Config& config, Words words, Source) {
  using Type = std::remove_reference_t<decltype(config.*Member)>;
  if constexpr (std::same_as<Type, std::vector<std::string>>) {
    auto list = parse_list(words);
    if (!list) return std::unexpected(list.error());
    config.*Member = *std::move(list);
    return {};
  } else {
    if (words.size() != 1) return std::unexpected(std::string(wrong_number_of_arguments));
    if constexpr (std::same_as<Type, bool>) {
      return store(parse_yes_no(words[0]), config.*Member);
    } else if constexpr (std::is_enum_v<Type>) {
      return store(parse_choice(directive.shape, words[0]), config.*Member);
    } else if constexpr (std::same_as<Type, std::int64_t>) {
      return store(parse_number(directive.shape, words[0]), config.*Member);
    } else {
      Outcome outcome = parse_text(directive.shape, words[0]);
      if (outcome) config.*Member = words[0];
      return outcome;
    }
  }
}

template <auto Member>
std::string read_member(const Directive& directive, const Config& config) {
  using Type = std::remove_cvref_t<decltype(config.*Member)>;
  if constexpr (std::same_as<Type, std::vector<std::string>>) {
    return joined(config.*Member);
  } else if constexpr (std::same_as<Type, bool>) {
    return config.*Member ? "yes" : "no";
  } else if constexpr (std::is_enum_v<Type>) {
    return std::string(directive.shape.choices[static_cast<std::size_t>(config.*Member)]);
  } else if constexpr (std::same_as<Type, std::int64_t>) {
    return format_number(directive.shape, config.*Member);
  } else {
    return config.*Member;
  }
}

template <auto Member>
constexpr Directive bound(std::string_view name, Shape shape, unsigned flags) {
  return {name, shape, write_member<Member>, read_member<Member>, single_line, flags};
}

// Row makers: the member is the template argument, so that the table reads as a list.

template <auto Member>
constexpr Directive yes_no(std::string_view name, unsigned flags = 0) {
  return bound<Member>(name, {.kind = Kind::yes_no}, flags);
}

template <auto Member>
constexpr Directive integer(std::string_view name,
                            std::int64_t min,
                            std::int64_t max,
                            unsigned flags = 0) {
  return bound<Member>(name, {.kind = Kind::integer, .min = min, .max = max}, flags);
}

template <auto Member>
constexpr Directive memory(std::string_view name,
                           std::int64_t min,
                           std::int64_t max = std::numeric_limits<std::int64_t>::max(),
                           unsigned flags = 0) {
  return bound<Member>(name, {.kind = Kind::memory, .min = min, .max = max}, flags);
}

template <auto Member>
constexpr Directive choice(std::string_view name,
                           std::span<const std::string_view> choices,
                           unsigned flags = 0) {
  return bound<Member>(name, {.kind = Kind::choice, .choices = choices}, flags);
}

template <auto Member>
constexpr Directive text(std::string_view name, unsigned flags = 0, TextCheck check = nullptr) {
  return bound<Member>(name, {.kind = Kind::text, .check = check}, flags);
}

template <auto Member>
constexpr Directive words_of(std::string_view name, unsigned flags = 0) {
  return bound<Member>(name, {.kind = Kind::words}, flags | several);
}

}  // namespace duplex::server
