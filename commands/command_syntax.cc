// The arguments of a command as a tree, read from the one line that its declaration has for them.
#include "commands/command_syntax.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace duplex::commands {

namespace {

constexpr std::string_view key_names[] = {
    "destination", "destkey", "dst", "key", "key1", "key2", "newkey", "source", "sourcekey", "src"};

// Values whose type is not string, by their name in any command.
constexpr std::pair<std::string_view, ArgumentType> named_types[] = {
    {"bit", ArgumentType::integer},
    {"bits", ArgumentType::integer},
    {"client-id", ArgumentType::integer},
    {"count", ArgumentType::integer},
    {"cursor", ArgumentType::integer},
    {"db", ArgumentType::integer},
    {"decrement", ArgumentType::integer},
    {"destination-db", ArgumentType::integer},
    {"end", ArgumentType::integer},
    {"frequency", ArgumentType::integer},
    {"height", ArgumentType::real},
    {"increment", ArgumentType::integer},
    {"index", ArgumentType::integer},
    {"index1", ArgumentType::integer},
    {"index2", ArgumentType::integer},
    {"latitude", ArgumentType::real},
    {"len", ArgumentType::integer},
    {"limit", ArgumentType::integer},
    {"longitude", ArgumentType::real},
    {"maxage", ArgumentType::integer},
    {"milliseconds", ArgumentType::integer},
    {"min-match-len", ArgumentType::integer},
    {"num-matches", ArgumentType::integer},
    {"numkeys", ArgumentType::integer},
    {"numreplicas", ArgumentType::integer},
    {"offset", ArgumentType::integer},
    {"pattern", ArgumentType::pattern},
    {"port", ArgumentType::integer},
    {"protover", ArgumentType::integer},
    {"radius", ArgumentType::real},
    {"rank", ArgumentType::integer},
    {"score", ArgumentType::real},
    {"seconds", ArgumentType::integer},
    {"start", ArgumentType::integer},
    {"stop", ArgumentType::integer},
    {"timeout", ArgumentType::integer},
    {"ttl", ArgumentType::integer},
    {"unix-time-milliseconds", ArgumentType::unix_time},
    {"unix-time-seconds", ArgumentType::unix_time},
    {"version", ArgumentType::integer},
    {"weight", ArgumentType::integer},
    {"width", ArgumentType::real},
};

// Values whose type is another one than their name says.
struct Exception {
  std::string_view command;
  std::string_view argument;
  ArgumentType type;
};
constexpr Exception exceptions[] = {
    {"BITFIELD", "value", ArgumentType::integer},
    {"HINCRBYFLOAT", "increment", ArgumentType::real},
    {"INCRBYFLOAT", "increment", ArgumentType::real},
    {"SETBIT", "value", ArgumentType::integer},
};

// Choices are called by what they decide if their first word is one of these, else by their words.
constexpr std::pair<std::string_view, std::string_view> choice_names[] = {
    {"ASYNC", "flush-type"},
    {"BYTE", "unit"},
    {"EX", "expiration"},
    {"NX", "condition"},
};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// A word to be written as it is: EX, XX, $, but not seconds.
bool is_token(std::string_view item) {
  return item[0] != '[' && item[0] != '<' && std::none_of(item.begin(), item.end(), is_lower);
}

bool is_value(std::string_view item) {
  return item[0] != '[' && item[0] != '<' && !is_token(item);
}

bool is_plain_word(std::string_view item) {
  return std::all_of(item.begin(), item.end(), is_lower);
}

std::string_view without_brackets(std::string_view item) {
  return item.substr(1, item.size() - 2);
}

// The parts of a text between separators that stand outside of all brackets.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      if (i > begin) parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == '[' || text[i] == '<') {
      ++depth;
    } else if (text[i] == ']' || text[i] == '>') {
      --depth;
    }
  }
  return parts;
}

std::string joined_names(const std::vector<Argument>& arguments) {
  std::string name;
  for (const Argument& argument : arguments) {
    if (!name.empty()) name += '-';
    name += argument.name;
  }
  return name;
}

Argument block_of(std::vector<Argument> arguments) {
  Argument block;
  block.type = ArgumentType::block;
  block.name = joined_names(arguments);
  block.arguments = std::move(arguments);
  return block;
}

class SyntaxReader {
 public:
  explicit SyntaxReader(const CommandSpec& spec) : spec_(spec) {
    const std::span<const KeySpec> keys = spec.keys.view();
    has_keys_ = !keys.empty() && !has(keys[0].flags, KeyFlag::not_key);
  }

  std::vector<Argument> sequence(std::string_view text);

 private:
  // An argument with the text it was read from.
  struct Read {
    Argument argument;
    std::string_view text;
  };

  Argument choice(std::string_view text);
  Argument value(std::string_view name);
  static Argument pure_token(std::string_view word);
  std::size_t with_token(std::span<const std::string_view> items, Argument& argument);
  static bool repeat(std::string_view item, std::vector<Read>& read);

  const CommandSpec& spec_;
  bool has_keys_ = false;
  int next_key_spec_ = 0;
};

Argument SyntaxReader::pure_token(std::string_view word) {
  Argument argument;
  argument.name = base::lowered(word);
  argument.type = ArgumentType::pure_token;
  argument.token = word;
  return argument;
}

Argument SyntaxReader::value(std::string_view name) {
  Argument argument;
  argument.name = name;
  if (has_keys_ &&
      std::find(std::begin(key_names), std::end(key_names), name) != std::end(key_names)) {
    argument.type = ArgumentType::key;
    argument.key_spec = next_key_spec_;
    if (next_key_spec_ + 1 < static_cast<int>(spec_.keys.count)) ++next_key_spec_;
    return argument;
  }
  for (const auto& [known, type] : named_types)
    if (known == name) argument.type = type;
  for (const Exception& exception : exceptions)
    if (exception.command == spec_.name && exception.argument == name)
      argument.type = exception.type;
  return argument;
}

// Reads a word and the values or the choice behind it; returns how many items that were.
std::size_t SyntaxReader::with_token(std::span<const std::string_view> items, Argument& argument) {
  const std::string_view token = items[0];
  if (items.size() > 1 && items[1][0] == '<') {
    argument = choice(without_brackets(items[1]));
    argument.token = token;
    return 2;
  }
  std::vector<Argument> values;
  std::size_t used = 1;
  for (; used < items.size() && is_value(items[used]); ++used)
    values.push_back(value(items[used]));
  if (values.empty()) {
    argument = pure_token(token);
    return used;
  }
  argument = values.size() == 1 ? std::move(values[0]) : block_of(std::move(values));
  argument.token = token;
  return used;
}

// If the item says that what stands before it may be repeated, marks that.
bool SyntaxReader::repeat(std::string_view item, std::vector<Read>& read) {
  if (!item.starts_with('[') || !item.ends_with(" ...]")) return false;
  const std::string_view repeated = item.substr(1, item.size() - 6);
  // Back to where the repeated text begins, which may be behind the word of its first argument.
  std::size_t first = read.size();
  std::size_t length = 0;
  while (first > 0 && length < repeated.size()) {
    --first;
    const char* begin = read[first].text.data();
    length = static_cast<std::size_t>(read.back().text.data() + read.back().text.size() - begin);
  }
  std::vector<Argument> group;
  for (std::size_t i = first; i < read.size(); ++i)
    group.push_back(std::move(read[i].argument));
  const std::string_view text(read[first].text.data(), length);
  read.resize(first);
  Argument argument = group.size() == 1 ? std::move(group[0]) : block_of(std::move(group));
  argument.multiple = true;
  argument.multiple_token = !argument.token.empty() && length == repeated.size();
  read.push_back({std::move(argument), text});
  return true;
}

std::vector<Argument> SyntaxReader::sequence(std::string_view text) {
  const std::vector<std::string_view> items = split(text, ' ');
  std::vector<Read> read;
  for (std::size_t i = 0; i < items.size();) {
    const std::string_view item = items[i];
    std::size_t used = 1;
    Argument argument;
    if (repeat(item, read)) {
      ++i;
      continue;
    }
    if (item[0] == '[' || item[0] == '<') {
      argument = choice(without_brackets(item));
      argument.optional = item[0] == '[';
    } else if (is_token(item)) {
      used = with_token(std::span(items).subspan(i), argument);
    } else {
      argument = value(item);
    }
    const std::string_view last = items[i + used - 1];
    read.push_back(
        {std::move(argument),
         {item.data(), static_cast<std::size_t>(last.data() + last.size() - item.data())}});
    i += used;
  }
  std::vector<Argument> arguments;
  for (Read& one : read)
    arguments.push_back(std::move(one.argument));
  return arguments;
}

// True for "TYPE normal|master" and "FILTERBY MODULE name|ACLCAT category": a word before a choice.
bool has_common_token(std::span<const std::string_view> alternatives) {
  const std::vector<std::string_view> items = split(alternatives[0], ' ');
  if (items.size() < 2 || !is_token(items[0])) return false;
  return is_token(items[1]) ||
         std::all_of(alternatives.begin() + 1, alternatives.end(), is_plain_word);
}

// What stands between brackets: one thing, or one of several.
Argument SyntaxReader::choice(std::string_view text) {
  std::vector<std::string_view> alternatives = split(text, '|');
  if (alternatives.size() == 1) {
    std::vector<Argument> arguments = sequence(text);
    return arguments.size() == 1 ? std::move(arguments[0]) : block_of(std::move(arguments));
  }
  Argument argument;
  argument.type = ArgumentType::one_of;
  if (has_common_token(alternatives)) {
    argument.token = alternatives[0].substr(0, alternatives[0].find(' '));
    alternatives[0].remove_prefix(argument.token.size() + 1);
  }
  const bool are_words = std::all_of(alternatives.begin(), alternatives.end(), is_plain_word);
  for (const std::string_view alternative : alternatives)
    argument.arguments.push_back(are_words ? pure_token(alternative) : choice(alternative));
  argument.name = joined_names(argument.arguments);
  for (const auto& [token, name] : choice_names)
    if (argument.arguments[0].token == token) argument.name = name;
  return argument;
}

}  // namespace

std::string_view type_name(ArgumentType type) {
  static constexpr std::string_view names[] = {
      "string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block"};
  return names[static_cast<std::size_t>(type)];
}

std::vector<Argument> parse_syntax(const CommandSpec& spec) {
  return SyntaxReader(spec).sequence(spec.syntax);
}

}  // namespace duplex::commands
