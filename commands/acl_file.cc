// ACL files: a line "user <name> <rules>" for each user.
#include "commands/acl_file.h"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <utility>

namespace duplex::commands::acl {

namespace {

// What is wrong with the lines so far. Redis tells of everything at once; a file full of mistakes
// is cut.
class Complaints {
 public:
  template <typename... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    if (text_.size() < bytes_max)
      fmt::format_to(std::back_inserter(text_), format, std::forward<Parts>(parts)...);
  }
  bool empty() const { return text_.empty(); }
  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t bytes_max = 64 * 1024;
  std::string text_;
};

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Words as Redis separates them here: by single spaces, so that there may be empty ones.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = line.find(' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

// Reads the lines of one file.
class FileReader {
 public:
  FileReader(std::string_view file, const RuleContext& context) : file_(file), context_(context) {}

  void read_line(std::string_view line, std::size_t number);

  std::vector<User> users;
  Complaints complaints;

 private:
  void apply_rules(User& user, std::span<const std::string_view> rules, std::size_t number);

  std::string_view file_;
  const RuleContext& context_;
  std::set<std::string, std::less<>> names_;
};

void FileReader::read_line(std::string_view line, std::size_t number) {
  const std::vector<std::string_view> words = words_of(line);
  if (words[0] != "user" || words.size() < 2)
    return complaints.add(
        "{}:{} should start with user keyword followed by the username. ", file_, number);
  const std::string_view name = words[1];
  if (has_blanks(name))
    return complaints.add(
        "'{}:{}: username '{}' contains invalid characters. ", file_, number, name);
  if (!names_.emplace(name).second)
    return complaints.add("WARNING: Duplicate user '{}' found on line {}. ", name, number);
  if (users.size() >= Users::users_max) return complaints.add("Too many users. ");
  User user = new_user(name, context_);
  apply_rules(user, std::span(words).subspan(2), number);
  users.push_back(std::move(user));
}

void FileReader::apply_rules(User& user,
                             std::span<const std::string_view> rules,
                             std::size_t number) {
  const auto joined = join_selectors(rules);
  if (!joined)
    return complaints.add("{}:{}: Unmatched parenthesis in selector definition.", file_, number);
  bool told = false;
  for (const std::string& rule : *joined) {
    const auto applied = apply_rule(user, trimmed(rule, "\t\r\n"), context_);
    if (applied) continue;
    // Names of commands are no secret, but other rules may hold one; and what follows a mistake
    // may be wrong because of it.
    if (applied.error().is_unknown)
      complaints.add("{}:{}: Error in applying operation '{}': {}. ",
                     file_,
                     number,
                     applied.error().rule,
                     applied.error().reason);
    else if (!std::exchange(told, true))
      complaints.add("{}:{}: {}. ", file_, number, applied.error().reason);
  }
}

}  // namespace

std::expected<std::vector<User>, std::string> read_users(std::string_view text,
                                                         std::string_view file,
                                                         const RuleContext& context) {
  if (text.size() > acl_file_bytes_max)
    return std::unexpected(fmt::format("{}: the file is larger than 16 MiB", file));
  FileReader reader(file, context);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end), " \t\r\n");
    if (!line.empty()) reader.read_line(line, number);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (reader.complaints.empty()) return std::move(reader.users);
  return std::unexpected(
      reader.complaints.take() +
      "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
}

std::string write_users(const std::vector<UserPtr>& users) {
  std::string text;
  for (const UserPtr& user : users)
    text += fmt::format("user {} {}\n", user->name, user->text());
  return text;
}

}  // namespace duplex::commands::acl
