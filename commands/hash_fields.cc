// The clause FIELDS numfields field … of the commands about times of fields.
#include "commands/hash_fields.h"

#include "base/numbers.h"
#include "base/text.h"

#include <fmt/format.h>

#include <initializer_list>

namespace duplex::commands {

namespace {

constexpr std::string_view missing_fields =
    "ERR Mandatory argument FIELDS is missing or not at the right position";
constexpr std::string_view unmatched_count =
    "ERR The `numfields` parameter must match the number of arguments";

// A word that says when fields end.
struct TimeWord {
  std::string_view text;
  bool in_seconds;
  bool from_now;
};
constexpr TimeWord time_words[] = {
    {"EX", true, true}, {"PX", false, true}, {"EXAT", true, false}, {"PXAT", false, false}};

const TimeWord* time_word(std::string_view text) {
  for (const TimeWord& word : time_words)
    if (base::equals_ignoring_case(text, word.text)) return &word;
  return nullptr;
}

// Takes FNX, FXX, KEEPTTL or PERSIST; nothing if the word is none of what the command knows.
std::optional<bool> take_plain_word(FieldOptions& options,
                                    FieldCommand command,
                                    std::string_view word) {
  using Condition = FieldOptions::Condition;
  const auto choose = [&](Condition condition) {
    const bool fits = options.condition == Condition::none;
    options.condition = condition;
    return fits;
  };
  if (command == FieldCommand::hgetex) {
    if (!base::equals_ignoring_case(word, "PERSIST")) return std::nullopt;
    options.persist = true;
    return true;
  }
  if (base::equals_ignoring_case(word, "FNX")) return choose(Condition::all_absent);
  if (base::equals_ignoring_case(word, "FXX")) return choose(Condition::all_present);
  if (!base::equals_ignoring_case(word, "KEEPTTL")) return std::nullopt;
  options.keep = true;
  return true;
}

// Takes FIELDS and all that follows it.
bool take_fields(CommandContext& ctx, FieldOptions& options, FieldCommand command, std::size_t at) {
  if (at + 1 >= ctx.argc()) {
    ctx.error("ERR invalid number of fields");
    return false;
  }
  const auto count = base::parse_int64(ctx.arg(at + 1));
  if (!count || *count < 1) {
    ctx.error("ERR invalid number of fields");
    return false;
  }
  options.fields = ctx.args().subspan(at + 2);
  const std::size_t each = command == FieldCommand::hsetex ? 2 : 1;
  if (options.fields.size() % each == 0 &&
      options.fields.size() / each == static_cast<std::size_t>(*count))
    return true;
  ctx.error(unmatched_count);
  return false;
}

}  // namespace

std::optional<Args> fields_clause(CommandContext& ctx, std::size_t at, std::string_view bad_count) {
  if (at + 1 >= ctx.argc() || !base::equals_ignoring_case(ctx.arg(at), "FIELDS")) {
    ctx.error(missing_fields);
    return std::nullopt;
  }
  const auto count = base::parse_int64(ctx.arg(at + 1));
  if (!count || *count < 1) {
    ctx.error(bad_count);
    return std::nullopt;
  }
  const Args fields = ctx.args().subspan(at + 2);
  if (fields.size() != static_cast<std::size_t>(*count)) {
    ctx.error(unmatched_count);
    return std::nullopt;
  }
  return fields;
}

std::optional<std::int64_t> field_expiry(CommandContext& ctx,
                                         std::string_view amount,
                                         bool in_seconds,
                                         bool from_now) {
  const auto number = base::parse_int64(amount);
  if (!number) {
    ctx.error(errors::not_an_integer);
    return std::nullopt;
  }
  if (*number < 0) {
    ctx.error("ERR invalid expire time, must be >= 0");
    return std::nullopt;
  }
  const std::int64_t unit_ms = in_seconds ? 1000 : 1;
  const std::int64_t base_ms = from_now ? ctx.now_ms() : 0;
  if (*number > (field_expiry_ms_max - base_ms) / unit_ms) {
    ctx.error(fmt::format("ERR invalid expire time in '{}' command", ctx.command().full_name));
    return std::nullopt;
  }
  return *number * unit_ms + base_ms;
}

std::optional<FieldOptions> field_options(CommandContext& ctx, FieldCommand command) {
  FieldOptions options;
  int times = 0;
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    if (base::equals_ignoring_case(word, "FIELDS")) {
      if (!take_fields(ctx, options, command, i)) return std::nullopt;
      break;
    }
    if (const TimeWord* time = time_word(word); time != nullptr && i + 1 < ctx.argc()) {
      ++times;
      options.expiry_ms = field_expiry(ctx, ctx.arg(++i), time->in_seconds, time->from_now);
      if (!options.expiry_ms) return std::nullopt;
      continue;
    }
    const auto taken = take_plain_word(options, command, word);
    if (!taken) {
      ctx.error(fmt::format("ERR unknown argument: {}", errors::shown(word)));
      return std::nullopt;
    }
    if (!*taken) {
      ctx.error("ERR Only one of FXX or FNX arguments can be specified");
      return std::nullopt;
    }
  }
  if (options.fields.empty()) {
    ctx.error(missing_fields);
    return std::nullopt;
  }
  if (times + (options.keep ? 1 : 0) + (options.persist ? 1 : 0) > 1) {
    ctx.error(fmt::format("ERR Only one of EX, PX, EXAT, PXAT or {} arguments can be specified",
                          command == FieldCommand::hsetex ? "KEEPTTL" : "PERSIST"));
    return std::nullopt;
  }
  return options;
}

void log_fields(CommandContext& ctx,
                std::string_view name,
                std::initializer_list<std::string_view> before,
                std::span<const std::string_view> fields) {
  if (fields.empty()) return;
  std::vector<std::string_view> words{name, ctx.key().key};
  words.insert(words.end(), before);
  words.push_back("FIELDS");
  words.push_back(ctx.keep(std::to_string(fields.size())));
  words.insert(words.end(), fields.begin(), fields.end());
  ctx.effect(words);
}

}  // namespace duplex::commands
