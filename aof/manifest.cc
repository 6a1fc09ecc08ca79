// Reading and writing the manifest's lines.
#include "aof/manifest.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace duplex::aof {

namespace {

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

// What "\n" and its like stand for; other letters stand for themselves.
char escaped_char(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return letter;
  }
}

// Splits a line into words, of which "…" with escapes and '…' may hold spaces.
class WordReader {
 public:
  explicit WordReader(std::string_view line) : line_(line) {}

  // Returns false at the end and after an error.
  bool next(std::string& word) {
    word.clear();
    while (!line_.empty() && is_space(line_.front()))
      line_.remove_prefix(1);
    if (line_.empty()) return false;
    const char first = line_.front();
    if (first == '"' || first == '\'') {
      line_.remove_prefix(1);
      return quoted(first, word);
    }
    while (!line_.empty() && !is_space(line_.front())) {
      if (line_.front() == '"' || line_.front() == '\'') return fail();
      word += line_.front();
      line_.remove_prefix(1);
    }
    return true;
  }
  bool failed() const { return failed_; }

 private:
  bool fail() {
    failed_ = true;
    return false;
  }

  bool quoted(char quote, std::string& word) {
    while (!line_.empty()) {
      const char c = line_.front();
      line_.remove_prefix(1);
      if (c == quote) return line_.empty() || is_space(line_.front()) ? true : fail();
      if (c != '\\' || line_.empty())
        word += c;
      else if (quote == '"')
        escaped(word);
      else if (line_.front() == '\'')
        take_char(word);
      else
        word += c;
    }
    return fail();
  }

  void take_char(std::string& word) {
    word += line_.front();
    line_.remove_prefix(1);
  }

  void escaped(std::string& word) {
    if (line_.size() >= 3 && line_[0] == 'x' && hex_digit(line_[1]) >= 0 &&
        hex_digit(line_[2]) >= 0) {
      word += static_cast<char>(hex_digit(line_[1]) * 16 + hex_digit(line_[2]));
      line_.remove_prefix(3);
      return;
    }
    word += escaped_char(line_.front());
    line_.remove_prefix(1);
  }

  std::string_view line_;
  bool failed_ = false;
};

bool needs_quotes(std::string_view name) {
  return name.empty() || std::ranges::any_of(name, [](char c) {
           return !is_printable(c) || c == ' ' || c == '"' || c == '\'' || c == '\\';
         });
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\')
      text += {'\\', c};
    else if (is_printable(c))
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text + '"';
}

struct Line {
  ManifestEntry entry;
  char type = 0;
};

std::expected<Line, std::string> parse_line(std::string_view text) {
  WordReader words(text);
  Line line;
  bool has_name = false;
  std::string key;
  std::string value;
  while (words.next(key)) {
    if (!words.next(value)) {
      if (words.failed()) break;
      return std::unexpected("a key has no value");
    }
    if (base::equals_ignoring_case(key, "file")) {
      // Two lines that have lost the line end between them.
      if (has_name) return std::unexpected("the line names two files");
      line.entry.name = value;
      has_name = true;
    } else if (base::equals_ignoring_case(key, "seq")) {
      const char* end = value.data() + value.size();
      const auto [parsed, error] = std::from_chars(value.data(), end, line.entry.sequence);
      if (error != std::errc() || parsed != end)
        return std::unexpected("the sequence number is not a number");
    } else if (base::equals_ignoring_case(key, "type")) {
      line.type = value.size() == 1 ? value[0] : '?';
    }
    // Other keys are for newer readers.
  }
  if (words.failed()) return std::unexpected("the quotes are not balanced");
  if (!has_name || line.entry.sequence == 0 || line.type == 0)
    return std::unexpected("file, seq and type are needed");
  const std::string& name = line.entry.name;
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return std::unexpected("the file must be a name without a path");
  return line;
}

// Adds the line's file; returns what speaks against it, or nothing.
std::string_view add(Manifest& manifest, Line line) {
  switch (line.type) {
    case 'b':
      if (manifest.base) return "there is a second base file";
      manifest.base = std::move(line.entry);
      return {};
    case 'i':
      if (!manifest.increments.empty() &&
          line.entry.sequence <= manifest.increments.back().sequence)
        return "the sequence numbers do not rise";
      manifest.increments.push_back(std::move(line.entry));
      return {};
    case 'h':
      manifest.history.push_back(std::move(line.entry));
      return {};
    default:
      return "the type is unknown";
  }
}

void append_line(std::string& out, const ManifestEntry& entry, char type) {
  out += fmt::format("file {} seq {} type {}\n",
                     needs_quotes(entry.name) ? quoted(entry.name) : entry.name,
                     entry.sequence,
                     type);
}

}  // namespace

std::expected<Manifest, std::string> Manifest::parse(std::string_view text) {
  Manifest manifest;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto wrong = [number](std::string_view what) {
      return std::unexpected(fmt::format("line {}: {}", number, what));
    };
    const std::size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    if (newline == std::string_view::npos) return wrong("the line is not complete");
    if (line.size() >= manifest_line_bytes_max) return wrong("the line is too long");
    text.remove_prefix(newline + 1);
    if (line.starts_with('#')) continue;
    auto parsed = parse_line(line);
    if (!parsed) return wrong(parsed.error());
    if (const std::string_view what = add(manifest, std::move(*parsed)); !what.empty())
      return wrong(what);
  }
  if (manifest.empty()) return std::unexpected("the manifest names no file");
  return manifest;
}

std::string Manifest::format() const {
  std::string text;
  if (base) append_line(text, *base, 'b');
  for (const ManifestEntry& entry : history)
    append_line(text, entry, 'h');
  for (const ManifestEntry& entry : increments)
    append_line(text, entry, 'i');
  return text;
}

const ManifestEntry& Manifest::add_increment(std::string_view file_name) {
  const std::uint64_t sequence = increments.empty() ? 1 : increments.back().sequence + 1;
  return increments.emplace_back(fmt::format("{}.{}.incr.aof", file_name, sequence), sequence);
}

ManifestEntry Manifest::next_base(std::string_view file_name, BaseForm form) const {
  const std::uint64_t sequence = base ? base->sequence + 1 : 1;
  const std::string_view suffix = form == BaseForm::rdb ? "rdb" : "aof";
  return {fmt::format("{}.{}.base.{}", file_name, sequence, suffix), sequence};
}

void Manifest::install_base(ManifestEntry entry, std::uint64_t first_kept) {
  if (base) history.push_back(std::move(*base));
  base = std::move(entry);
  const auto kept = std::ranges::find_if(
      increments, [first_kept](const ManifestEntry& e) { return e.sequence >= first_kept; });
  std::move(increments.begin(), kept, std::back_inserter(history));
  increments.erase(increments.begin(), kept);
}

std::string manifest_name(std::string_view file_name) {
  return fmt::format("{}.manifest", file_name);
}

}  // namespace duplex::aof
